"""The time zones and the dial codes of every country, written by .ci/zones.py; do not edit.

Sources: zone1970.tab of tzdata and country-codes of datahub.io, both in the public domain.
"""

__all__ = ["DIAL_CODES", "ZONES"]

ZONES = """
Australia/Sydney AU; Australia/Adelaide AU; America/Sao_Paulo BR; America/Manaus BR;
America/Rio_Branco BR; America/Mexico_City MX; America/Tijuana MX; Europe/Moscow RU;
Asia/Yekaterinburg RU; Asia/Vladivostok RU; Europe/Andorra AD; Asia/Dubai AE OM RE SC TF; Asia/Kabul
AF; Europe/Tirane AL; Asia/Yerevan AM; Antarctica/Casey AQ; Antarctica/Davis AQ; Antarctica/Mawson
AQ; Antarctica/Palmer AQ; Antarctica/Troll AQ; America/Argentina/Buenos_Aires AR; Pacific/Pago_Pago
AS UM; Europe/Vienna AT; Australia/Lord_Howe AU; Australia/Brisbane AU; Australia/Darwin AU;
Australia/Perth AU; Australia/Eucla AU; Asia/Baku AZ; America/Barbados BB; Asia/Dhaka BD;
Europe/Brussels BE LU NL; Europe/Sofia BG; Atlantic/Bermuda BM; America/La_Paz BO; America/Noronha
BR; Asia/Thimphu BT; Europe/Minsk BY; America/Belize BZ; America/St_Johns CA; America/Halifax CA;
America/Toronto CA BS; America/Winnipeg CA; America/Regina CA; America/Edmonton CA;
America/Dawson_Creek CA; America/Vancouver CA; Europe/Zurich CH LI; Africa/Abidjan CI BF GH GM GN IS
ML MR SH SL SN TG; Pacific/Rarotonga CK; America/Santiago CL; America/Coyhaique CL;
America/Punta_Arenas CL; Pacific/Easter CL; Asia/Shanghai CN; Asia/Urumqi CN; America/Bogota CO;
America/Costa_Rica CR; America/Havana CU; Atlantic/Cape_Verde CV; Asia/Nicosia CY; Europe/Prague CZ
SK; Europe/Berlin DE DK NO SE SJ; America/Santo_Domingo DO; Africa/Algiers DZ; America/Guayaquil EC;
Pacific/Galapagos EC; Europe/Tallinn EE; Africa/Cairo EG; Africa/El_Aaiun EH; Europe/Madrid ES;
Atlantic/Canary ES; Europe/Helsinki FI AX; Pacific/Fiji FJ; Atlantic/Stanley FK; Pacific/Kosrae FM;
Atlantic/Faroe FO; Europe/Paris FR MC; Europe/London GB GG IM JE; Asia/Tbilisi GE; America/Cayenne
GF; Europe/Gibraltar GI; America/Nuuk GL; America/Danmarkshavn GL; America/Scoresbysund GL;
America/Thule GL; Europe/Athens GR; Atlantic/South_Georgia GS; America/Guatemala GT; Pacific/Guam GU
MP; Africa/Bissau GW; America/Guyana GY; Asia/Hong_Kong HK; America/Tegucigalpa HN;
America/Port-au-Prince HT; Europe/Budapest HU; Asia/Jakarta ID; Asia/Makassar ID; Asia/Jayapura ID;
Europe/Dublin IE; Asia/Jerusalem IL; Asia/Kolkata IN; Indian/Chagos IO; Asia/Baghdad IQ; Asia/Tehran
IR; Europe/Rome IT SM VA; America/Jamaica JM; Asia/Amman JO; Asia/Tokyo JP AU; Africa/Nairobi KE DJ
ER ET KM MG SO TZ UG YT; Asia/Bishkek KG; Pacific/Tarawa KI TV UM WF; Pacific/Kanton KI;
Pacific/Kiritimati KI; Asia/Pyongyang KP; Asia/Seoul KR; Asia/Almaty KZ; Asia/Qyzylorda KZ;
Asia/Beirut LB; Asia/Colombo LK; Africa/Monrovia LR; Europe/Vilnius LT; Europe/Riga LV;
Africa/Tripoli LY; Africa/Casablanca MA; Europe/Chisinau MD; Pacific/Kwajalein MH; Asia/Yangon MM
CC; Asia/Ulaanbaatar MN; Asia/Hovd MN; Asia/Macau MO; America/Martinique MQ; Europe/Malta MT;
Indian/Mauritius MU; Indian/Maldives MV TF; America/Cancun MX; America/Matamoros MX;
America/Ciudad_Juarez MX; America/Mazatlan MX; Asia/Kuching MY BN; Africa/Maputo MZ BI BW CD MW RW
ZM ZW; Africa/Windhoek NA; Pacific/Noumea NC; Pacific/Norfolk NF; Africa/Lagos NG AO BJ CD CF CG CM
GA GQ NE; America/Managua NI; Asia/Kathmandu NP; Pacific/Nauru NR; Pacific/Niue NU; Pacific/Auckland
NZ AQ; Pacific/Chatham NZ; America/Panama PA CA KY; America/Lima PE; Pacific/Tahiti PF;
Pacific/Marquesas PF; Pacific/Gambier PF; Pacific/Port_Moresby PG AQ FM; Pacific/Bougainville PG;
Asia/Manila PH; Asia/Karachi PK; Europe/Warsaw PL; America/Miquelon PM; Pacific/Pitcairn PN;
America/Puerto_Rico PR AG CA AI AW BL BQ CW DM GD GP KN LC MF MS SX TT VC VG VI; Asia/Gaza PS;
Europe/Lisbon PT; Atlantic/Azores PT; Pacific/Palau PW; America/Asuncion PY; Asia/Qatar QA BH;
Europe/Bucharest RO; Europe/Belgrade RS BA HR ME MK SI; Europe/Kaliningrad RU; Europe/Astrakhan RU;
Asia/Omsk RU; Asia/Novosibirsk RU; Asia/Irkutsk RU; Asia/Chita RU; Asia/Magadan RU; Asia/Kamchatka
RU; Asia/Riyadh SA AQ KW YE; Pacific/Guadalcanal SB; Africa/Khartoum SD; Asia/Singapore SG;
America/Paramaribo SR; Africa/Juba SS; Africa/Sao_Tome ST; America/El_Salvador SV; Asia/Damascus SY;
America/Grand_Turk TC; Africa/Ndjamena TD; Asia/Bangkok TH CX KH LA; Asia/Dushanbe TJ;
Pacific/Fakaofo TK; Asia/Dili TL; Asia/Ashgabat TM; Africa/Tunis TN; Pacific/Tongatapu TO;
Europe/Istanbul TR; Asia/Taipei TW; Europe/Kyiv UA; America/New_York US; America/Chicago US;
America/Denver US; America/Phoenix US; America/Los_Angeles US; America/Anchorage US; America/Adak
US; Pacific/Honolulu US; America/Montevideo UY; Asia/Samarkand UZ; America/Caracas VE;
Asia/Ho_Chi_Minh VN; Pacific/Efate VU; Pacific/Apia WS; Africa/Johannesburg ZA LS SZ;
Europe/Simferopol UA
"""
DIAL_CODES = """
1 CA PR US; 1242 BS; 1246 BB; 1264 AI; 1268 AG; 1284 VG; 1340 VI; 1345 KY; 1441 BM; 1473 GD; 1649
TC; 1664 MS; 1670 MP; 1671 GU; 1684 AS; 1721 SX; 1758 LC; 1767 DM; 1784 VC; 1809 DO; 1829 DO; 1849
DO; 1868 TT; 1869 KN; 1876 JM; 20 EG; 211 SS; 212 MA EH; 213 DZ; 216 TN; 218 LY; 220 GM; 221 SN; 222
MR; 223 ML; 224 GN; 225 CI; 226 BF; 227 NE; 228 TG; 229 BJ; 230 MU; 231 LR; 232 SL; 233 GH; 234 NG;
235 TD; 236 CF; 237 CM; 238 CV; 239 ST; 240 GQ; 241 GA; 242 CG; 243 CD; 244 AO; 245 GW; 246 IO; 248
SC; 249 SD; 250 RW; 251 ET; 252 SO; 253 DJ; 254 KE; 255 TZ; 256 UG; 257 BI; 258 MZ; 260 ZM; 261 MG;
262 TF YT RE; 263 ZW; 264 NA; 265 MW; 266 LS; 267 BW; 268 SZ; 269 KM; 27 ZA; 290 SH; 291 ER; 297 AW;
298 FO; 299 GL; 30 GR; 31 NL; 32 BE; 33 FR; 34 ES; 350 GI; 351 PT; 352 LU; 353 IE; 354 IS; 355 AL;
356 MT; 357 CY; 358 AX FI; 359 BG; 36 HU; 370 LT; 371 LV; 372 EE; 373 MD; 374 AM; 375 BY; 376 AD;
377 MC; 378 SM; 380 UA; 381 RS; 382 ME; 385 HR; 386 SI; 387 BA; 389 MK; 39 IT; 3906 VA; 40 RO; 41
CH; 420 CZ; 421 SK; 423 LI; 43 AT; 44 GG IM JE GB; 45 DK; 46 SE; 47 BV NO SJ; 48 PL; 49 DE; 500 FK
GS; 501 BZ; 502 GT; 503 SV; 504 HN; 505 NI; 506 CR; 507 PA; 508 PM; 509 HT; 51 PE; 52 MX; 53 CU; 54
AR; 55 BR; 56 CL; 57 CO; 58 VE; 590 GP BL MF; 591 BO; 592 GY; 593 EC; 594 GF; 595 PY; 596 MQ; 597
SR; 598 UY; 599 BQ CW; 60 MY; 61 AU CX CC; 62 ID; 63 PH; 64 NZ; 65 SG; 66 TH; 670 TL; 672 AQ HM NF;
673 BN; 674 NR; 675 PG; 676 TO; 677 SB; 678 VU; 679 FJ; 680 PW; 681 WF; 682 CK; 683 NU; 685 WS; 686
KI; 687 NC; 688 TV; 689 PF; 690 TK; 691 FM; 692 MH; 7 KZ RU; 81 JP; 82 KR; 84 VN; 850 KP; 852 HK;
853 MO; 855 KH; 856 LA; 86 CN; 870 PN; 880 BD; 886 TW; 90 TR; 91 IN; 92 PK; 93 AF; 94 LK; 95 MM; 960
MV; 961 LB; 962 JO; 963 SY; 964 IQ; 965 KW; 966 SA; 967 YE; 968 OM; 970 PS; 971 AE; 972 IL; 973 BH;
974 QA; 975 BT; 976 MN; 977 NP; 98 IR; 992 TJ; 993 TM; 994 AZ; 995 GE; 996 KG; 998 UZ
"""
