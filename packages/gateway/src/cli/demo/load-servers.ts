import type * as authorizationServer from '@grantgate/demo/authorization-server';
import type * as echoServer from '@grantgate/demo/echo-server';
import type * as localServer from '@grantgate/demo/local-server';

/** The servers that the demo runs beside the gateway, from the package `@grantgate/demo`. */
export type DemoServers = typeof authorizationServer & typeof echoServer & typeof localServer;

/** Loads the optional package `@grantgate/demo`; undefined when it is not installed. */
export async function loadDemoServers(): Promise<DemoServers | undefined> {
  if (!isInstalled()) return undefined;
  return {
    ...(await import('@grantgate/demo/authorization-server')),
    ...(await import('@grantgate/demo/echo-server')),
    ...(await import('@grantgate/demo/local-server')),
  };
}

/** A package that the demo itself does not find is a broken installation, not a missing demo: nothing is loaded here. */
function isInstalled(): boolean {
  try {
    import.meta.resolve('@grantgate/demo/local-server');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return false;
    throw error;
  }
}
