/**
 * The currencies of ISO 4217, from list one as the maintenance agency published it on 2026-01-01. This is the
 * list of 2024-06-25 with XCG for ANG (amendment 176), without CUC, with XAD (amendment 179), and without
 * BGN, which the euro replaced. To update, take the agency's newest list one. Move codes that are no longer
 * in the list to `WITHDRAWN`. Change the date here and in money.test.ts.
 */
export const CURRENCIES_PUBLISHED = '2026-01-01';

const codes = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The codes in use, by the number of decimal digits of their minor unit. */
export const MINOR_UNITS: ReadonlyMap<number, readonly string[]> = new Map([
  [0, codes('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF')],
  [
    2,
    codes(`
      AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP
      CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
      KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
      PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU
      UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`),
  ],
  [3, codes('BHD IQD JOD KWD LYD OMR TND')],
  [4, codes('CLF UYW')],
]);

/**
 * The codes in use for which the list says "N.A." instead of a minor unit: metals, baskets, tests. No price
 * can be in such a code.
 */
export const WITHOUT_MINOR_UNIT: readonly string[] = codes(
  'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX',
);

/**
 * Codes that the list had once (list three of ISO 4217). Stored amounts in such a code can still be read.
 * List three names no minor units. The digits come from the last table that had the code; codes older than
 * the tables have 2.
 */
export const WITHDRAWN: ReadonlyMap<number, readonly string[]> = new Map([
  [0, codes('ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL')],
  [
    2,
    codes(`
      AFA ALK ANG AOK AON AOR ARA ARP ARY ATS AYM AZM BAD BEC BEL BGJ BGK BGL BGN BOP BRB BRC BRE BRN BRR BUK CHC CSD CSJ CSK CUC CYP
      DDM DEM ECS ECV EEK ESA ESB FIM FRF GEK GHC GHP GNE GNS GQE GWE GWP HRD HRK IEP ILP ILR ISJ LAJ LSM LTL LTT LUC LUL LVL LVR MLF
      MRO MTL MTP MVQ MXP MZE MZM NIC NLG PEH PEI PES PLZ RHD ROK ROL RUR SDD SDP SIT SKK SLL SRG STD SUR TJR TMM UAK UGS UGW USS UYN
      UYP VEB VEF VNC XEU YDD YUD YUM YUN ZAL ZMK ZRN ZRZ ZWC ZWD ZWL ZWN ZWR`),
  ],
]);
