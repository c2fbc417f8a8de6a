import { z } from 'zod';

/** Text that Kubernetes takes as the name of an object. */
export const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
  error: 'must be the name of an object: lower-case letters, digits, "-" and "."',
});

/** A namespace, or any other name that becomes part of a host name. */
export const labelName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
  error: 'must be a name of at most 63 lower-case letters, digits and "-"',
});

/** Key of a label or a taint. */
export const labelKey = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/, {
    error: 'must be the key of a label, such as example.com/gpu-type',
  });

/** Value of a label or a taint; may be empty. */
export const labelValue = z.string().regex(/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/, {
  error: 'must be the value of a label: at most 63 letters, digits, "-", "_" and "."',
});

/** Where to find an image, with tag or digest. */
export const imageName = z.string().regex(/^[A-Za-z0-9][-\w.:/@+]{0,499}$/, {
  error: 'must be the name of an image, such as registry.example/team/trainer:1',
});

/** A folder of a container or a node. */
export const absoluteFolder = z.string().regex(/^(?!.*\/\.\.?(?:\/|$))\/[^\0:]{0,1023}$/, {
  error: 'must be an absolute folder, without ":", "." or ".." in it',
});

/** A folder of a claim. */
export const folderInside = z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))(?!.*\/\/)[^\0:]{1,512}(?<!\/)$/, {
  error: 'must be a folder inside the claim: relative, without ".."',
});

/** `claim` or `claim/folder`. */
export const claimPath = z
  .string()
  .regex(/^(?!.*\/\.\.?(?:\/|$))(?!.*\/\/)[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?(\/[^\0:]{1,512}(?<!\/))?$/, {
    error: 'must look like claim or claim/folder',
  });

/** Key of a Secret or a ConfigMap. */
export const dataKey = z.string().regex(/^(?!\.\.?$)[-.\w]{1,253}$/, {
  error: 'must be a key of letters, digits, "-", "_" and "."',
});
