/**
 * Transcribed from Project Wycheproof (https://github.com/C2SP/wycheproof), `testvectors_v1/json_web_signature_test.json` at commit
 * 073df56bfc1f and `json_web_key_test.json` at 8565f3170646, read on 2026-11-30; Apache License 2.0. The groups with keys and signatures
 * that fit on a line; the numbers are those of the files.
 */

/** Keys of the files. */
export const wycheproofKeys = {
  ec: {
    kty: 'EC',
    crv: 'P-256',
    kid: 'kid-ec-sign',
    x: '04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY',
    y: 'UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw',
  },
  ecPrivate: 'yy49oPcINGK2ps0LmtxpB6UTEOiITghHBif6wDqmJ3c',
  hmac: '-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE',
  hmacOfZeros: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
};

const es = 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0.Zm9v.';
const zeros = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const nAsS = (last: string): string => `_____AAAAAP__________vOb6racXnoTzucrC_GMlU${last}`;
const nAsR = (last: string): string => `_____wAAAAD__________7zm-q2nF56E87nKwvxjJV${last}`;

/** `es256` and `SpecialCaseEs256`: number, comment, token, whether it is valid. */
export const ecdsaVectors: readonly (readonly [number, string, string, boolean])[] = [
  [18, 'acceptsValid', `${es}5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA`, true],
  [19, 'rejectsModifiedSignature', `${es}XcA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA`, false],
  [20, 'rejectsMissingSignature', es, false],
  [22, 'rejectsModifiedPayload', 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0.WG9v.5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA', false],
  [23, 'rejectsMissingPayload', 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0..5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA', false],
  [25, 'rejectsModifiedHeader', 'eyJhbGciOiJFUzI1NiIsImtpZCI6IlhpZC1lYy1zaWduIn0.Zm9v.5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA', false],
  [31, 'rejectsSymmetryConfusionAttacks_aesKeyFromEcVerificationKeyBytes', 'eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0.Zm9v.TgWtz2FIRukBQ_mA5sgHa0Ybtgn7bl-YBPAi7Z0XdHU', false],
  [378, 'valid', `${es}5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrppUShFwBW_Qj7IqhFOtNrIXLLKXS5CSZmERxmnjeyoiQ`, true],
  [379, 'SignatureTooLong', `${es}AOXANDh8jD-3s2plHeXPZFfhaxsXceIWxlznaZUJLra6AJau17k_6kC-wTdV7rFLJTdgNDBQeNVU629ysRtudnzI`, false],
  [380, 'TrailingZeros', `${es}5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutroAlq7XuT_qQL7BN1XusUslN2A0MFB41VTrb3KxG252fMgA`, false],
  [381, 'RisTooBig', `${es}AeXANDd8jD-4s2plHeXPZFeeUhXFGPm1S1ChNFgFkdwLAJau17k_6kC-wTdV7rFLJTdgNDBQeNVU629ysRtudnzI`, false],
  [382, 'SisTooBig', `${es}AOXANDh8jD-3s2plHeXPZFfhaxsXceIWxlznaZUJLra6AZau17g_6kC_wTdV7rFLJTcdGyr-H-zzcGMse95q2aIZ`, false],
  [383, 'IntegerOverflow', `${es}AeXANDh8jD-3s2plHeXPZFfhaxsXceIWxlznaZUJLra6AJau17k_6kC-wTdV7rFLJTdgNDBQeNVU629ysRtudnzI`, false],
  [384, 'IntegerOverflow', `${es}AOXANDh8jD-3s2plHeXPZFfhaxsXceIWxlznaZUJLra6AZau17k_6kC-wTdV7rFLJTdgNDBQeNVU629ysRtudnzI`, false],
  [386, 'rIsZero_sIsZero', `${es}${zeros}A${zeros}A`, false],
  [387, 'rIsZero_sIsOne', `${es}${zeros}A${zeros}Q`, false],
  [388, 'rIsZero_sIsNminus1', `${es}${zeros}D${nAsS('A')}`, false],
  [389, 'rIsZero_sIsN', `${es}${zeros}D${nAsS('Q')}`, false],
  [390, 'rIsOne_sIsZero', `${es}${zeros}E${zeros}A`, false],
  [391, 'rIsOne_sIsOne', `${es}${zeros}E${zeros}Q`, false],
  [392, 'rIsOne_sIsNminus1', `${es}${zeros}H${nAsS('A')}`, false],
  [393, 'rIsOne_sIsN', `${es}${zeros}H${nAsS('Q')}`, false],
  [394, 'rIsNminus1_sIsZero', `${es}${nAsR('AA')}${zeros}A`, false],
  [395, 'rIsNminus1_sIsOne', `${es}${nAsR('AA')}${zeros}Q`, false],
  [396, 'rIsNminus1_sIsNminus1', `${es}${nAsR('D')}${nAsS('A')}`, false],
  [397, 'rIsNminus1_sIsN', `${es}${nAsR('D')}${nAsS('Q')}`, false],
  [398, 'rIsN_sIsZero', `${es}${nAsR('EA')}${zeros}A`, false],
  [399, 'rIsN_sIsOne', `${es}${nAsR('EA')}${zeros}Q`, false],
  [400, 'rIsN_sIsNminus1', `${es}${nAsR('H')}${nAsS('A')}`, false],
]; // prettier-ignore

const hs = 'eyJraWQiOiJoczI1Ni1rZXkiLCJhbGciOiJIUzI1NiJ9';

/** `base64`, signed with a key of zeros. */
export const base64Vectors: readonly (readonly [number, string, string, boolean])[] = [
  [357, 'ValidMac', `${hs}.VGVzdA.c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8`, true],
  [358, 'ValidEdgeCaseMac', `${hs}.VDIxMzI1NjY4.AAAAtBuQqoI9HuBeAsgjL4nx8sCGYJa5-G2OrureLO4`, true],
  [359, 'ValidEdgeCaseMac', `${hs}.VDgxMjM0MTM.____ETVRY0lRV9XgQeYX6ixdGT0NLHYb-wZem_ifJ5k`, true],
  [360, 'rejectsSpacesInMac', `${hs}.VGVzdA.    c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8`, false],
  [361, 'rejectsInvalidCharacterInsertedInMac', `${hs}.VGVzdA.?c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8`, false],
  [362, 'rejectsInvalidCharacterInsertedInMac', `${hs}.VGVzdA.c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8?`, false],
  [363, 'rejects0ReplacedbyInvalidCharacter', `${hs}.VDIxMzI1NjY4.?AAAtBuQqoI9HuBeAsgjL4nx8sCGYJa5-G2OrureLO4`, false],
  [364, 'rejectsInvalidCharacters', `${hs}.VDgxMjM0MTM.????ETVRY0lRV9XgQeYX6ixdGT0NLHYb-wZem_ifJ5k`, false],
  [365, 'spacesInHeader', `${hs}    .VGVzdA.DR-cdw2cCB53b3mpzMfk2gKTeyN0PhXBrTW1atMfSdM`, false],
  [366, 'invalidCharactersInHeader', `${hs}####.VGVzdA.23srvDiEYo7665_26qKv4D-0E2a149WRWH_av2ki2I4`, false],
  [368, 'spacesInPayload', `${hs}.    VGVzdA.AbPJgmXfihyNBUYpbdPK8qRpPjNuTE-Z_wYQyrU2lMQ`, false],
  [369, 'invalidCharactersInPayload', `${hs}.####VGVzdA.Ixs2CdBkk8qjqe2-hq2dobqVvv9iDcDS6gPNgoXJyFY`, false],
  [371, 'InvalidCharacterInPayload', `${hs}.?VGVzdA.q0zEA3Js33N6HcOFfBK875qJ_nFwSzI9SN9qJnx5sOc`, false],
  [374, 'ModifiedUnusedBitsInPayload', `${hs}.AB.8sL_ycV8G_D-K_2A3I0EW3NoPMeQzv13cAzuHlQ5TAE`, false],
  [375, 'MacOfIncorrectlyEncodedMessage', `${hs}.AB.9phoKDvkBMAqTgeVIYeqAi6-lvC0pbKg9ER--3T97w0`, false],
  [376, 'ValidSpacesInJsonHeader', 'eyAia2lkIiA6ICJoczI1Ni1rZXkiLCAiYWxnIiA6ICJIUzI1NiIgfQ.VGVzdA.3nl1C7dKVGLfNyALp4ZKkmNFBJlFP8M9VGzCyil9S1c', true],
  [377, 'ValidWhiteSpaceInJsonHeader', 'eyJraWQiOiJoczI1Ni1rZXkiLAoJImFsZyI6IkhTMjU2In0.VGVzdA.Yxn8cTl7IHpFIoEPOFrWmjm-GQlr_RMqHNJOp1ZuweY', true],
]; // prettier-ignore

/** Key sets without a key for signatures: number, comment, difference from the key `ec`. */
export const unusableKeys: readonly (readonly [number, string, object])[] = [
  [19, 'wrong_algorithm', { alg: 'ES521' }],
  [20, 'invalid_algorithm', { alg: 'ES224' }],
  [21, 'invalid_use', { alg: 'ES256', use: 'enc' }],
  [22, 'invalid_point', { y: 'UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw' }],
  [23, 'wrong_curve', { crv: 'P-384' }],
  [24, 'wrong_kty', { kty: 'RSA' }],
  [356, 'ec_key_for_encryption', { key_ops: ['encrypt'] }],
];

/** `rejectsPublicExponent1`: an RSA key whose signatures anyone can write. */
export const exponentOneKey = {
  kty: 'RSA',
  use: 'sig',
  alg: 'RS256',
  e: 'AQ',
  kid: 'RS256_2048',
  n: 'u-SfdHPjFtGmzuoH6gheIIZ4nLwUHBQEtFGqOe0N8JuZUc5VOzlI8yl0r8ESilAouttkdftexj4VFJz5R9FH90ypVQDPL0H4mC_RtkcJ1DBB8MriU8dmzqSXP1SBs4s5L-pJWxKKLjXddD6gXJZ7HT_aPl2olvlLh8JkD_52U6sjdeP3OWDKvMu5GsrMlS9XJCVaCx8r9698OEElwK-ZW9PztgTSb-MvyTuyzis5Yc13n_z0wMLahpDilI2fzNsZ3yH6htu4VXPraSEZV6C0Z7epAAAUqiUnxh3WRupEICaewYEnW3MVS2hHwLwtPu_RR0XHoZr1oPSlQMP3Zi2QKw',
};

/** `keysize_too_small`: RSA of 1024 bits. */
export const shortRsaKey = {
  kty: 'RSA',
  use: 'sig',
  alg: 'RS256',
  e: 'AQAB',
  kid: 'RS256_1024',
  n: 'rJBIp6T1YK-RtPyvYqFFlcucqewSAA_IReSFchE8qyiQrbARqRlXWkB2DR8j_pJQnIpYELbQWZC5Cd0PTGAU8rMbar2AW6zpmBbi7aQf17lUBdt8XI9M9rq7FPVQ1dDdUXm1SVH_9qqWhvMPR422SbfHBEzCAtzK0ANDRo6qz78',
};
