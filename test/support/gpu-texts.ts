/** Texts in the form in which exporters answer; the names and labels are theirs, the figures are made up. */

/** A DCGM exporter with its table of pods: two devices of one pod, one that is free, one divided up. */
export function dcgmText(pod: string, namespace: string): string {
  const device = (gpu: number, more = ''): string =>
    `gpu="${gpu}",UUID="GPU-0000000${gpu}",pci_bus_id="00000000:0${gpu}:00.0",device="nvidia${gpu}",` +
    `modelName="NVIDIA A100-SXM4-80GB"${more},Hostname="gpu-1",DCGM_FI_DRIVER_VERSION="535.129.03"`;
  const own = `,container="train",namespace="${namespace}",pod="${pod}"`;
  return [
    '# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).',
    '# TYPE DCGM_FI_DEV_GPU_UTIL gauge',
    `DCGM_FI_DEV_GPU_UTIL{${device(0)}${own}} 100`,
    `DCGM_FI_DEV_GPU_UTIL{${device(1)}${own}} 50`,
    `DCGM_FI_DEV_GPU_UTIL{${device(2)},container="",namespace="",pod=""} 0`,
    '# HELP DCGM_FI_DEV_FB_USED Framebuffer memory used (in MiB).',
    '# TYPE DCGM_FI_DEV_FB_USED gauge',
    `DCGM_FI_DEV_FB_USED{${device(0)}${own}} 1024`,
    `DCGM_FI_DEV_FB_USED{${device(1)}${own}} 2048`,
    `DCGM_FI_DEV_FB_USED{${device(2)},container="",namespace="",pod=""} 0`,
    '# TYPE DCGM_FI_DEV_FB_FREE gauge',
    `DCGM_FI_DEV_FB_FREE{${device(0)}${own}} 80000`,
    '# TYPE DCGM_FI_PROF_GR_ENGINE_ACTIVE gauge',
    `DCGM_FI_PROF_GR_ENGINE_ACTIVE{${device(0)}${own}} 0.2`,
    `DCGM_FI_PROF_GR_ENGINE_ACTIVE{${device(3, ',GPU_I_PROFILE="1g.10gb",GPU_I_ID="7"')},container="train",namespace="${namespace}",pod="${pod}-part"} 0.25`,
    `DCGM_FI_DEV_FB_USED{${device(3, ',GPU_I_PROFILE="1g.10gb",GPU_I_ID="7"')},container="train",namespace="${namespace}",pod="${pod}-part"} 512`,
    '',
  ].join('\n');
}

/** HAMi's monitor, 2.9 and later. */
export function hamiText(pod: string, namespace: string): string {
  const own = `{container="train",device_uuid="GPU-00000000",namespace="${namespace}",pod="${pod}",vdevice_index="0",zone="vGPU"}`;
  return [
    '# HELP hami_container_device_utilization_ratio Container device SM utilization ratio',
    '# TYPE hami_container_device_utilization_ratio gauge',
    `hami_container_device_utilization_ratio${own} 30`,
    '# TYPE hami_vgpu_memory_limit_bytes gauge',
    `hami_vgpu_memory_limit_bytes${own} 3.145728e+09`,
    '# TYPE hami_vgpu_memory_used_bytes gauge',
    `hami_vgpu_memory_used_bytes${own} 2.109867008e+09`,
    'hami_host_gpu_utilization_ratio{device_index="0",device_uuid="GPU-00000000",node="gpu-1",zone="vGPU"} 90',
    '',
  ].join('\n');
}

/** HAMi's monitor before, and later where older names were asked for. */
export function oldHamiText(pod: string, namespace: string): string {
  const own = `{ctrname="train",deviceuuid="GPU-00000000",podname="${pod}",podnamespace="${namespace}",vdeviceid="0",zone="vGPU"}`;
  return [
    '# TYPE Device_utilization_desc_of_container gauge',
    `Device_utilization_desc_of_container${own} 40`,
    '# TYPE vGPU_device_memory_usage_in_bytes gauge',
    `vGPU_device_memory_usage_in_bytes${own} 1.048576e+06`,
    '',
  ].join('\n');
}
