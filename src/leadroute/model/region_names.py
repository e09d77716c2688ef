"""The states and provinces of six countries, written by .ci/values.py; do not edit.

Source: Unicode CLDR 48.2, Copyright 1991-2025 Unicode, Inc., licensed under Unicode-3.0 (LICENSE.unicode).
"""

__all__ = ["ELSEWHERE", "REGIONS"]

REGIONS = """
AU-ACT act australiancapitalterritory canberra; AU-NSW newsouthwales ns nsw; AU-NT
northernterritory northterritory nt; AU-QLD ql qld queensland; AU-SA sa saustralia southaust
southaustralia; AU-TAS tas tasmania tassie ts; AU-VIC vi vic victoria; AU-WA wa westaustralia
westernaustralia; BR-AC ac acre; BR-AL al alagoas; BR-AM am amazonas; BR-AP amapa ap; BR-BA ba
bahia; BR-CE ce ceara; BR-DF brasilia df distritofederal federaldistrict; BR-ES es espiritosanto;
BR-GO go goias; BR-MA ma maranhao; BR-MG mg minas minasgerais; BR-MS matogrossodosul ms; BR-MT
matogrosso mt; BR-PA pa para; BR-PB paraiba pb; BR-PE pe pernambuco; BR-PI pi piaui; BR-PR parana
pr; BR-RJ estadodoriojaneiro riojaneiro riojaneirostate rj; BR-RN riograndedonorte rn; BR-RO ro
rondonia; BR-RR roraima rr; BR-RS riograndedosul rs; BR-SC santacatarina sc; BR-SE se sergipe;
BR-SP estadosaopaulo saopaulo saopaulostate sp; BR-TO to tocantins; CA-AB ab alberta alta; CA-BC bc
britishcolumbia colombiebritannique; CA-MB man manitoba mb; CA-NB nb newbrunswick nouveaubrunswick;
CA-NL labrador lb newfoundland newfoundlandlabrador nf nfld nl terreneuve terreneuveetlabrador;
CA-NS nouvelleecosse novascotia ns; CA-NT northwestterritories nt nwt territoiresdunordouest; CA-NU
nu nunavut nvt; CA-ON on ont ontario; CA-PE ileduprinceedouard pe pei princeedwardisland; CA-QC pq
qb qc que quebec; CA-SK sask saskatchewan sk; CA-YT territoireduyukon yk yt yukon yukonterritory;
IN-AN an andamannicobar andamannicobarislands; IN-AP andhra andhrapradesh ap; IN-AR ar
arunachalpradesh; IN-AS as assam; IN-BR bihar br; IN-CG cg chattisgarh chhatisgarh chhattisgarh ct;
IN-CH ch chandigarh; IN-DH dadranagarhaveli dadranagarhavelidamandiu damandiu dd dh dn dnhdd; IN-DL
delhi delhinct dl nationalcapitalterritorydelhi nctdelhi newdelhi; IN-GA ga goa; IN-GJ gj gujarat;
IN-HP himachalpradesh hp; IN-HR haryana hr; IN-JH jh jharkhand; IN-JK jammukashmir jk; IN-KA ka
karnataka; IN-KL kerala kl; IN-LA la ladakh; IN-LD lakshadweep ld; IN-MH maharashtra mh; IN-ML
meghalaya ml; IN-MN manipur mn; IN-MP madhyapradesh mp; IN-MZ mizoram mz; IN-NL nagaland nl; IN-OD
od odisha or orissa; IN-PB pb punjab; IN-PY po pondicherry pondichery puducherry py; IN-RJ
rajasthan rj; IN-SK sikkim sk; IN-TN tamilnadu tn; IN-TR tr tripura; IN-TS telangana telengana tg
ts; IN-UK ua uk ut uttarakhand uttaranchal; IN-UP up uttarpradesh; IN-WB bengal wb wbengal
westbengal; MX-AGU ag ags agu aguascalientes; MX-BCN bajacalifornia bajacalifornianorte bc bcn bn;
MX-BCS bajacaliforniasur bcs bs; MX-CAM cam camp campeche cm; MX-CHH ch chh chih chihuahua ci;
MX-CHP chiapas chis chp cs; MX-CMX cdmx ciudadmexico cmx df dif distritofederal federaldistrict
mexicocity mexicodf; MX-COA co coa coah coahuila coahuilazaragoza cu; MX-COL cl col colima; MX-DUR
dg dgo du dur durango; MX-GRO ge gr gro guerrero; MX-GUA gj gt gto gua guanajuato; MX-HID hg hgo hi
hid hidalgo; MX-JAL ja jal jalisco; MX-MEX edomex edomexico em estadomexico me mex mexico
mexicostate statemexico; MX-MIC mi mic mich michoacan michoacanocampo; MX-MOR mo mor morelos;
MX-NAY na nay nayarit; MX-NLE nl nle nuevoleon; MX-OAX oa oax oaxaca; MX-PUE pb pu pue puebla;
MX-QUE qe qro qt que queretaro queretaroarteaga; MX-ROO qr qroo quintanaroo roo; MX-SIN si sin
sinaloa; MX-SLP sanluispotosi sl slp; MX-SON so son sonora; MX-TAB ta tab tabasco tb; MX-TAM tam
tamaulipas tamps tm; MX-TLA tl tla tlax tlaxcala; MX-VER ve ver veracruz veracruzignaciollave
veracruzllave vl; MX-YUC yc yu yuc yucatan; MX-ZAC za zac zacatecas; US-AK ak alas alaska; US-AL al
ala alabama; US-AR ar ark arkansas; US-AS americansamoa as; US-AZ ariz arizona az; US-CA ca cal
calif california; US-CO co colo colorado; US-CT conn connecticut ct; US-DC dc districtcolumbia
washdc washingtondc; US-DE de del delaware; US-FL fl fla florida; US-GA ga georgia; US-GU gu guam;
US-HI hawaii hi; US-IA ia iowa; US-ID id ida idaho; US-IL il ill illinois ills; US-IN in ind
indiana; US-KS kan kans kansas ks; US-KY kentucky ky; US-LA la louisiana; US-MA ma mass
massachusetts; US-MD maryland md; US-ME maine me; US-MI mi mich michigan; US-MN minn minnesota mn;
US-MO missouri mo; US-MP mp northernmarianaislands northernmarianas; US-MS miss mississippi ms;
US-MT mont montana mt; US-NC nc ncarolina northcar northcarolina; US-ND nd ndakota northdakota;
US-NE ne neb nebr nebraska; US-NH newhampshire nh; US-NJ newjersey nj; US-NM newmex newmexico nm
nmex; US-NV nev nevada nv; US-NY newyork newyorkstate ny statenewyork; US-OH oh ohio; US-OK ok okla
oklahoma; US-OR or ore oreg oregon; US-PA pa penn penna pennsylvania; US-PR pr puertorico; US-RI
rhodeisland ri; US-SC sc scarolina southcar southcarolina; US-SD sd sdakota southdakota; US-TN tenn
tennessee tn; US-TX tex texas tx; US-UM um unitedstatesminoroutlyingislands usminoroutlyingislands
usoutlyingislands; US-UT ut utah; US-VA va virginia; US-VI usvirginislands vi virginislands; US-VT
vermont vt; US-WA statewashington wa wash washington washingtonstate; US-WI wi wis wisc wisconsin;
US-WV westva westvirginia wv wva wvirginia; US-WY wy wyo wyoming
"""
"""Each region with its folded short codes and names."""

ELSEWHERE = """
amazonas CO-AMA; americansamoa AS; brasilia BR; distritofederal BR-DF; federaldistrict BR-DF;
florida UY-FD; georgia GE; guam GU; maryland LR-MY; mexico MX; mich MX-MIC; montana BG-12;
northernmarianaislands MP; para SR-PR; puertorico PR; punjab PK-PB; santacatarina CV-CA;
unitedstatesminoroutlyingislands UM; usminoroutlyingislands UM; usoutlyingislands UM;
usvirginislands VI; victoria MT-45
"""
"""Names of regions that another place of the world has too, with one such place."""
