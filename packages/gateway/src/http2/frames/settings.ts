import { errorCodes } from './error-code.ts';
import { defaultMaxFrameSize, maxWindow } from './frame.ts';

/** Identifiers of settings (RFC 9113 section 6.5.2, RFC 8441 section 3). */
export const settingIds = Object.freeze({
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
});

/** The name of a setting. */
export type SettingName = keyof typeof settingIds;

/** Settings that one side of a connection tells the other; one that is left out keeps its value. */
export type Http2Settings = { readonly [Name in SettingName]?: number };

const names: ReadonlyMap<number, SettingName> = new Map(
  Object.entries(settingIds).map(([name, id]) => [id, name as SettingName]),
);

/** Bytes of a setting: its identifier and its value. */
export const settingBytes = 6;

/** Payload of a SETTINGS frame. */
export function toSettingsPayload(settings: Http2Settings): Buffer {
  const given = Object.entries(settings);
  const payload = Buffer.alloc(given.length * settingBytes);
  given.forEach(([name, value], index) => {
    payload.writeUInt16BE(settingIds[name as SettingName], index * settingBytes);
    payload.writeUInt32BE(value, index * settingBytes + 2);
  });
  return payload;
}

/** Each size of the header table in a payload, in order: an encoder must tell the smallest one as well (RFC 7541 section 4.2). */
export function readHeaderTableSizes(payload: Buffer): readonly number[] {
  const sizes: number[] = [];
  for (let at = 0; at + settingBytes <= payload.length; at += settingBytes)
    if (payload.readUInt16BE(at) === settingIds.headerTableSize) sizes.push(payload.readUInt32BE(at + 2));
  return sizes;
}

/** @returns the settings of a payload, without unknown ones; the error code when one has a value that it cannot have. */
export function readSettings(payload: Buffer): Http2Settings | number {
  const settings: { [Name in SettingName]?: number } = {};
  for (let at = 0; at + settingBytes <= payload.length; at += settingBytes) {
    const name = names.get(payload.readUInt16BE(at));
    const value = payload.readUInt32BE(at + 2);
    if (name === undefined) continue;
    if ((name === 'enablePush' || name === 'enableConnectProtocol') && value > 1)
      return errorCodes.protocolError;
    if (name === 'initialWindowSize' && value > maxWindow) return errorCodes.flowControlError;
    if (name === 'maxFrameSize' && (value < defaultMaxFrameSize || value > 2 ** 24 - 1))
      return errorCodes.protocolError;
    settings[name] = value;
  }
  return settings;
}
