/** Objects under keys like `runs/r/j/manifest.json`. Nothing of an object is ever seen before it is whole. */
export interface ObjectStore {
  /** What a person knows it by, without secrets. */
  readonly name: string;
  /** Bytes of an object; `null` = there is none. */
  size(key: string): Promise<number | null>;
  /** A small object as text; `null` = there is none. */
  readText(key: string): Promise<string | null>;
  /** Writes a small object unless there is one; false = there was. */
  createText(key: string, text: string): Promise<boolean>;
  read(key: string): Promise<NodeJS.ReadableStream>;
  write(key: string, file: string, bytes: number): Promise<void>;
  /** Removes everything whose key begins so. */
  remove(prefix: string): Promise<void>;
  /** Writes, reads and removes one small object. */
  check(): Promise<void>;
}
