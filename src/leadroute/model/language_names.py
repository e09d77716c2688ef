"""The names and tags of languages, written by .ci/values.py; do not edit.

Source: Unicode CLDR 48.2, Copyright 1991-2025 Unicode, Inc., licensed under Unicode-3.0 (LICENSE.unicode).
"""

NAMES = """
aa afar; ab abkhazian аԥсшәа; ace acehnese; ach acoli; ada adangme; ady adyghe; ae avestan; aeb
tunisianarabic; af afrikaans; afh afrihili; agq aghem; ain ainu; ak akan fanti twi; akk akkadian;
akz alabama; ale aleut; aln ghegalbanian; alt southernaltai; am amharic አማርኛ; an aragones
aragonese; ang oldenglish; ann obolo; anp angika; apc العامية; ar arabic العربية; ar-001
modernstandardarabic; arc aramaic; arn mapuche mapudungun; aro araona; arp arapaho; arq
algerianarabic; ars arabicnajdi najdiarabic; arw arawak; ary moroccanarabic; arz egyptianarabic; as
assamese অসমীয়া; asa asu kipare; ase americansignlanguage; ast asturian asturianu; atj atikamekw;
av avaric; avk kotava; awa awadhi; ay aymara; az azerbaijani azeri azərbaycan; az-Arab تۆرکجه; ba
bashkir башҡорт; bal baluchi بلۆچی; bal-Latn balochilatin; ban balinese; bar bavarian; bas basaa
ɓasaa; bax bamun; bbc bataktoba; bbj ghomala; be belarusian belorussian беларуская; bej beja; bem
bemba ichibemba; bew betawi; bez bena hibena; bfd bafut; bfq badaga; bg bulgarian български; bgc
haryanvi हरियाणवी; bgn westernbalochi بلوچیرخشانی; bho bhojpuri भोजपुरी; bi bislama; bik bikol; bin
bini; bjn banjar; bkm kom; bla siksika; blo anii aniikagɩja; blt taidam ꪼꪕꪒꪾ; bm bamanakan bambara;
bn bangla bengali বাংলা; bo tibetan བོདསྐད; bpy bishnupriya; bqi bakhtiari luribakhtiari; br breton
brezhoneg; bra braj; brh brahui; brx bodo बर; bs bosanski bosnian; bss akoose; bua buriat буряад;
bug buginese; bum bulu; byn blin; byv medumba; ca catala catalan catalanvalencian valencian; cad
caddo; car carib; cay cayuga; cch atsam; ccp chakma 𑄌𑄋𑄴𑄟𑄳𑄦; ce chechen нохчиин; ceb cebuano; cgg
chiga rukiga; ch chamorro; chb chibcha; chg chagatai; chk chuukese; chm mari; cho chahta choctaw;
chp chipewyan; chr cherokee ᏣᎳᎩ; chy cheyenne; cic chickasaw chikashshanompa; ckb centralkurdish
kurdishcentral kurdishsorani sorani کوردییناوەندی; clc chilcotin; co corsican corsu; cop coptic;
cps capiznon; cr cree woodscree; crg michif; crh crimeantatar; crj southerneastcree; crk
plainscree; crl northerneastcree; crm moosecree; crr carolinaalgonquian; crs seselwacreolefrench;
cs cestina czech; csb kashubian; csw swampycree ᓀᐦᐃᓇᐍᐏᐣ; cu churchslavic; cv chuvash чавашчелхи; cy
cymraeg welsh; da danish dansk; dak dakota; dar dargwa; dav kitaita taita; de deutsch german; de-AT
austriangerman germanaustrian osterreichischesdeutsch; de-CH schweizerhochdeutsch swisshighgerman
swissstandardgerman; del delaware; den slave; dgr dogrib; din dinka; dje zarma zarmaciine; doi
dogri डोगरी; dsb dolnoserbscina lowersorbian; dtp centraldusun; dua duala; dum middledutch; dv
divehi; dyo jolafonyi joola; dyu dyula; dz dzongkha རྫོངཁ; dzg dazaga; ebu embu kiembu; ee ewe
eʋegbe; efi efik; egl emilian; egy ancientegyptian; eka ekajuk; el ellinika greek moderngreek
ελληνικα; elx elamite; en english; en-AU australianenglish; en-CA canadianenglish; en-GB
britishenglish englishbritish englishuk ukenglish; en-US americanenglish englishamerican englishus
englishusa usenglish; enm middleenglish; eo esperanto; es castellano castilian espanol spanish
spanishcastilian; es-419 espanollatinoamericano latamspanish latinamericanspanish
spanishlatinamerican; es-ES europeanspanish iberianspanish spanisheuropean; es-MX espanolmexico
mexicanspanish; esu centralyupik; et eesti estonian; eu basque euskara; ewo ewondo; ext
extremaduran; fa farsi persian فارسی; fa-AF dari دری; fan fang; ff fula pulaar; fi finnish suomi;
fil filipino pilipino tagalog; fit tornedalenfinnish; fj fijian; fo faroese foroyskt; fon fon; fr
francais french; fr-CA canadianfrench francaiscanadien frenchcanadian quebecfrench; fr-CH
francaissuisse swissfrench; frc cajunfrench; frm middlefrench; fro oldfrench; frp arpitan; frr
nordfriisk northernfrisian; frs easternfrisian; fur friulian furlan; fy frysk westernfrisian; ga
gaeilge irish irishgaelic; gaa ga; gag gagauz; gan ganchinese; gay gayo; gba gbaya; gbz
zoroastriandari; gd gaidhlig scottishgaelic; gez geez; gil gilbertese; gl galego galician; glk
gilaki; gmh middlehighgerman; gn avanee guarani; goh oldhighgerman; gon gondi; gor gorontalo; got
gothic; grb grebo; grc ancientgreek; gsw schweizerdeutsch schwiizertuutsch swissgerman; gu gujarati
ગુજરાતી; guc wayuu; gur frafra; guz ekegusii gusii; gv gaelg manx; gwi gwichin; ha hausa; hai
haida; hak hakkachinese; haw hawaiian olelohawaii; hax southernhaida; he hebrew ivrit עברית; hi
hindi हिन्दी; hi-Latn hindilatin hinglish; hif fijihindi; hil hiligaynon; hit hittite; hmn hmong;
hnj hmongnjua 𞄀𞄄𞄰𞄩𞄍𞄜𞄰; ho hirimotu; hr croatian hrvatski; hsb hornjoserbscina uppersorbian; hsn
xiangchinese; ht haitian haitiancreole kreyol kreyolayisyen; hu hungarian magyar; hup hupa; hur
halkomelem; hy armenian հայերեն; hz herero; ia interlingua; iba iban; ibb ibibio; id bahasa
bahasaindonesia indonesia indonesian; ie interlingue; ig igbo; ii sichuanyi ꆈꌠꉙ; ik inupiaq; ikt
westerncanadianinuktitut; ilo iloko; inh ingush; io ido; is icelandic islenska; it italian
italiano; it-CH swissitalian; iu inuktitut; izh ingrian; ja japanese 日本語; jam
jamaicancreoleenglish; jbo lojban; jgo ndaꞌa ngomba; jmc kimachame machame; jpr judeopersian; jrb
judeoarabic; jut jutish; jv javanese jawa; ka georgian ქართული; kaa karakalpak қарақалпақша; kab
kabyle taqbaylit; kac kachin; kaj jju kaje; kam kamba kikamba; kaw kawi; kbd kabardian; kbl
kanembu; kcg katab tyap; kde chimakonde makonde; kea kabuverdianu; kek qeqchi; ken kenyang kɛnyaŋ;
kfo koro; kg kongo; kgp kaingang kanhgag; kha khasi; kho khotanese; khq koyrachiini koyraciini; khw
khowar; ki gikuyu kikuyu; kiu kirmanjki; kj kuanyama; kk kazakh қазақтілі; kk-Arab قازاقءتىلىتوتە;
kkj kako kakɔ; kl kalaallisut; kln kalenjin; km cambodian khmer ខ្មែរ; kmb kimbundu; kn kannada
ಕನ್ನಡ; ko korean 한국어; koi komipermyak; kok konkani कोंकणी; kos kosraean; kpe kpelle kpɛlɛɛ; kr
kanuri; krc karachaybalkar; kri krio; krj kinaraya; krl karelian; kru kurukh; ks kashmiri کٲشر; ksb
kishambaa shambala; ksf bafia rikpa; ksh colognian kolsch; ku kurdikurmanci kurdish; kum kumyk; kut
kutenai; kv komi; kw cornish kernewek; kwk kwakwala; kxv kuvi; ky kirghiz kyrgyz кыргызча; la
latin; lad ladino; lag kɨlaangi langi; lah westernpanjabi; lam lamba; lb letzebuergesch
letzeburgesch luxembourgish luxemburgish; lez lezghian; lfn linguafrancanova; lg ganda luganda; li
limburgish; lij ligure ligurian; lil lillooet; liv livonian; lkt lakholiyapi lakota; lld ladin; lmo
lombard; ln lingala; lo lao laotian ລາວ; lol mongo; lou louisianacreole; loz lozi; lrc northernluri
لۊریشومالی; lsm saamia; lt lietuviu lithuanian; ltg latgalian; lu lubakatanga tshiluba; lua
lubalulua; lui luiseno; lun lunda; luo dholuo luo; lus mizo; luy luluhia luyia; lv latvian
latviesu; lzh literarychinese; lzz laz; mad madurese; maf mafa; mag magahi; mai maithili मैथिली;
mak makasar; man mandingo; mas maa masai; mde maba; mdf moksha мокшенькяль; mdr mandar; men mende;
mer kimiru meru; mfe kreolmorisien morisyen; mg malagasy; mga middleirish; mgh makhuwameetto makua;
mgo meta; mh marshallese; mi maori; mic lnuisuti mikmaw; min minangkabau; mk macedonian македонски;
ml malayalam മലയാളം; mn mongolian монгол; mnc manchu; mni manipuri মৈতৈলোন্; moe innuaimun; moh
kanienkeha mohawk; mos mossi; mr marathi मराठी; mrj westernmari; ms bahasamalaysia bahasamelayu
malay melayu; mt maltese malti; mua mundang mundaŋ; mus muscogee mvskoke; mwl mirandese; mwr
marwari; mwv mentawai; my burmese myanmar myanmarlanguage မြန်မာ; mye myene; myv erzya эрзянькель;
mzn mazanderani مازرونی; na nauru; nan minnanchinese; nap neapolitan; naq khoekhoegowab nama; nb
bokmal norskbokmal norwegianbokmal; nd isindebele northndebele; nds lowgerman neddersasssch; nds-NL
lowsaxon; ne nepali नेपाली; new newari; ng ndonga; nia nias; niu niuean; njo aonaga; nl dutch
hollands nederlands; nl-BE belgiandutch dutchflemish flemish vlaams; nmg kwasio; nn norsknynorsk
norwegiannynorsk nynorsk; nnh ngiemboon shwoŋongiembɔɔn; no norsk norwegian; nog nogai; non
oldnorse; nov novial; nqo nko ߒߞߏ; nr southndebele; nso northernsotho sesothosaleboa; nus nuer
thoknath; nv dinebizaad navajo; nwc classicalnewari; ny nyanja; nym nyamwezi; nyn nyankole
runyankore; nyo nyoro; nzi nzima; oc occitan; oj ojibwa; ojb northwesternojibwa; ojc centralojibwa;
ojs ojicree; ojw westernojibwa; oka colvillesalish nsəlxcin okanagan; om oromo oromoo; or odia
oriya ଓଡ଼ିଆ; os ossetic ирон; osa osage 𐓷𐓘𐓻𐓘𐓻𐓟; ota ottomanturkish; pa panjabi punjabi ਪੰਜਾਬੀ; pag
pangasinan; pal pahlavi; pam pampanga; pap papiamento papiamentu; pau palauan; pcd picard; pcm
naijiriapijin nigerianpidgin; pdc pennsylvaniagerman; pdt plautdietsch; peo oldpersian; pfl
palatinegerman; phn phoenician; pi pali; pis pijin; pl polish polski; pms piedmontese piemonteis;
pnt pontic; pon pohnpeian; pqm maliseetpassamaquoddy; prg prusiskan prussian; pro oldprovencal; ps
pashto pushto پښتو; pt portugues portuguese; pt-BR brazilian brazilianportuguese
portuguesebrazilian; pt-PT europeanportuguese portugueseeuropean portugueseuropeu; qu quechua
runasimi; quc kiche; qug chimborazohighlandquichua; raj rajasthani राजस्थानी; rap rapanui; rar
rarotongan; rgn romagnol; rhg rohingya 𐴌𐴗𐴥𐴝𐴙𐴚𐴒𐴙𐴝; rif riffian tarifit; rm romansh rumantsch; rn
ikirundi rundi; ro moldavian moldovan romana romanian rumanian; rof kihorombo rombo; rom romany;
rtm rotuman; ru russian русскии; rue rusyn; rug roviana; rup aromanian; rw ikinyarwanda
kinyarwanda; rwk kiruwa rwa; sa sanskrit संस्कृतभाषा; sad sandawe; sah yakut сахатыла; sam
samaritanaramaic; saq kisampur samburu; sas sasak; sat santali ᱥᱟᱱᱛᱟᱲᱤ; saz saurashtra sourashtra;
sba ngambay; sbp ishisangu sangu; sc sardinian sardu; scn sicilian sicilianu; sco scots; sd sindhi
سنڌي; sdc sassaresesardinian; sdh southernkurdish کوردیخوارگ; se davvisamegiella northernsami
saminorthern; see seneca; seh sena; sei seri; sel selkup; ses koyraborosenni; sg sango; sga
oldirish; sgs samogitian; shi tachelhit ⵜⴰⵛⵍⵃⵉⵜ; shn shan တႆး; shu chadianarabic; si sinhala
sinhalese සිංහල; sid sidamo; sk slovak slovencina; skr سرايیکی; sl slovene slovenian slovenscina;
slh southernlushootseed; sli lowersilesian; sly selayar; sm samoan; sma aarjelsaemiengiele
samisouthern southernsami; smj julevsamegiella lulesami samilule; smn anaraskiela inarisami
samiinari; sms saaʹmkioll samiskolt skoltsami; sn chishona shona; snk soninke; so somali soomaali;
sog sogdien; sq albanian shqip; sr serbian српски; sr-Latn serbianlatin srpski; sr-ME montenegrin;
srn sranantongo; srr serer; ss siswati swati; ssy saho; st sesotho southernsotho; stq
saterlandfrisian; str straitssalish; su basasunda sundanese; suk sukuma; sus susu; sux sumerian; sv
svenska swedish; sw kiswahili swahili; sw-CD congoswahili; swb comorian; syc classicalsyriac; syr
syriac ܣܘܪܝܝܐ; szl silesian slonski; ta tamil தமிழ்; tce southerntutchone; tcy tulu; te telugu
తెలుగు; tem timne; teo kiteso teso; ter tereno; tet tetum; tg tajik тоҷики; tgx tagish; th thai
ไทย; tht tahltan; ti tigrinya ትግርኛ; tig tigre; tiv tiv; tk turkmen turkmendili; tkl tokelauan; tkr
tsakhur; tlh klingon; tli tlingit; tly talysh; tmh tamashek; tn setswana tswana; to leafakatonga
tongan; tog nyasatonga; tok tokipona; tpi tokpisin; tr turkce turkish; tru turoyo; trv patastaroko
taroko; trw torwali توروالی; ts tsonga; tsd tsakonian; tsi tsimshian; tt tatar татар; ttm
northerntutchone; ttt muslimtat; tum tumbuka; tvl tuvalu; twq tasawaq tasawaqsenni; ty tahitian;
tyv tuvinian тыва; tzm centralatlastamazight tamaziɣtnlatlas; udm udmurt; ug uighur uyghur
يۇيغۇرچە; uga ugaritic; uk ukrainian украінська; umb umbundu; ur urdu اردو; uz ozbek uzbek; vai vai
ꕙꔤ; ve venda; vec venetian veneto; vep veps; vi tiengviet vietnamese; vls westflemish; vmf
mainfranconian; vmw emakhuwa makhuwa; vo volapuk; vot votic; vro voro; vun kyivunjo vunjo; wa
walloon walon; wae walser; wal wolaytta; war waray; was washo; wbp warlpiri; wo wolof; wuu
wuchinese; xal kalmyk; xh isixhosa xhosa; xmf mingrelian; xnr kangri कांगड़ी; xog olusoga soga; yao
yao; yap yapese; yav nuasue yangben; ybb yemba; yi yiddish יידיש; yo edeyoruba yoruba; yrl nheegatu
nheengatu; yue cantonese chinesecantonese 廣東話 粤语 粵語; za vahcuengh zhuang; zap zapotec; zbl
blissymbols; zea zeelandic; zen zenaga; zgh standardmoroccantamazight ⵜⴰⵎⴰⵣⵉⵖⵜ; zh chinese
chinesemandarin mandarin mandarinchinese putonghua 中文 普通話 普通话 汉语 漢語; zh-Hans chinesesimplified
simplifiedchinese simplifiedmandarinchinese 简体中文; zh-Hant chinesetraditional traditionalchinese
traditionalmandarinchinese 繁体中文 繁體中文; zu isizulu zulu; zun zuni; zza zaza
"""
"""Each language with the folded spellings of its name."""

OLD_TAGS = """
aam aas; aar aa; abk ab; adp dz; afr af; agp apf; ais ami; ajp apc; ajt aeb; aju jrb; aka ak; alb
sq; als sq; amh am; ara ar; arb ar; arg an; arm hy; asd snz; asm as; aue ktz; ava av; ave ae; aym
ay; ayr ay; ayx nun; aze az; azj az; bak ba; bam bm; baq eu; baz nvo; bcc bal; bcl bik; bel be; ben
bn; bgm bcg; bh bho; bhk fbl; bic bir; bih bho; bis bi; bjd drl; bjq bzc; bkb ebk; blg iba; bod bo;
bos bs; bre br; btb beb; bul bg; bur my; bxk luy; bxr bua; cat ca; ccq rki; ces cs; cha ch; che ce;
chi zh; chu cu; chv cv; cjr mom; cka cmr; cld syr; cls sa; cmk xch; cmn zh; cnr sr-ME; cor kw; cos
co; coy pij; cqu quh; cre cr; cwd cr; cym cy; cze cs; daf dnj; dan da; dap njz; dek sqm; deu de;
dgo doi; dhd mwr; dik din; diq zza; dit dif; div dv; djl dze; dkl aqd; drh mn; drr kzk; drw fa-AF;
dud uth; duj dwu; dut nl; dwl dbt; dzo dz; ekk et; ell el; elp amq; emk man; eng en; epo eo; esk
ik; est et; eus eu; ewe ee; fao fo; fas fa; fat ak; fij fj; fin fi; fra fr; fre fr; fry fy; fuc ff;
ful ff; gav dev; gaz om; gbc wny; gbo grb; geo ka; ger de; gfx vaj; ggn gvr; ggo esg; ggr gtu; gio
aou; gla gd; gle ga; glg gl; gli kzk; glv gv; gno gon; gom kok; gre el; grn gn; gti nyc; gug gn;
guj gu; guv duz; gya gba; hat ht; hau ha; hbs sr-Latn; hdn hai; hea hmn; heb he; her hz; him srx;
hin hi; hmo ho; hrr jal; hrv hr; hun hu; hye hy; ibi opa; ibo ig; ice is; ido io; iii ii; ike iu;
iku iu; ile ie; ill ilm; ilw gal; in id; ina ia; ind id; ipk ik; isl is; ita it; iw he; izi eza;
jar jgk; jav jv; jeg oyb; ji yi; jpn ja; jw jv; kal kl; kan kn; kas ks; kat ka; kau kr; kaz kk; kdv
zkd; kgc tdf; kgd ncq; kgh kml; kgm plu; khk mn; khm km; kik ki; kin rw; kir ky; kmr ku; knc kr;
kng kg; koj kwv; kom kv; kon kg; kor ko; kpp jkm; kpv kv; krm bmf; ktr dtp; kua kj; kur ku; kvs
gdj; kwq yam; kxe tvd; kxl kru; kzh dgl; kzj dtp; kzt dtp; lak ksp; lao lo; lat la; lav lv; lbk
bnc; leg enl; lii raq; lim li; lin ln; lit lt; llo ngt; lmm rmx; ltz lb; lub lu; lug lg; lvs lv;
mac mk; mah mh; mal ml; mao mi; mar mr; may ms; meg cir; mgx jbk; mhr chm; mkd mk; mlg mg; mlt mt;
mnt wnn; mo ro; mof xnt; mol ro; mon mn; mri mi; msa ms; mst mry; mup raj; mwd dmw; mwj vaj; mya
my; myd aog; myt mry; nad xny; nau na; nav nv; nbf nru; nbl nr; nbx gll; ncp kdz; nde nd; ndo ng;
nep ne; nld nl; nln azd; nlr nrk; nno nn; nns nbr; nnx ngv; nob nb; nom cbr; noo dtd; nor no; npi
ne; nte eko; nts pij; nxu bpp; nya ny; oci oc; ojg oj; oji oj; ori or; orm om; ory or; oss os; oun
vaj; pan pa; pat kxr; pbu ps; pcr adx; per fa; pes fa; pli pi; plt mg; pmc huw; pmk crr; pmu phr;
pnb lah; pol pl; por pt; ppa bfy; ppr lcq; prp gu; prs fa-AF; pry prt; pus ps; puz pub; que qu; quz
qu; rmr emx; rmy rom; roh rm; ron ro; rum ro; run rn; rus ru; sag sg; san sa; sap aqt; sca hle; scc
sr; scr hr; sgl isk; sh sr-Latn; sin si; skk oyb; slk sk; slo sk; slv sl; smd kmb; sme se; smo sm;
sna sn; snb iba; snd sd; som so; sot st; spa es; spy kln; sqi sq; src sc; srd sc; srp sr; ssw ss;
sul sgd; sum ulw; sun su; swa sw; swc sw-CD; swe sv; swh sw; szd umi; tah ty; tam ta; tat tt; tdu
dtp; tel te; tgg bjp; tgk tg; tgl fil; tha th; thc tpo; thw ola; thx oyb; tib bo; tid itd; tie ras;
tir ti; tkk twm; tl fil; tlw weo; tmk tdg; tmp tyj; tne kak; tnf fa-AF; ton to; tpw tpn; tsf taj;
tsn tn; tso ts; ttq tmh; tuk tk; tur tr; tw ak; twi ak; uig ug; ukr uk; umu del; unp wro; uok ema;
urd ur; uzb uz; uzn uz; ven ve; vie vi; vol vo; wel cy; wgw wgb; wit nol; wiw nwo; wln wa; wol wo;
xba cax; xho xh; xia acn; xkh waw; xpe kpe; xrq dmw; xsj suj; xsl den; xss zko; ybd rki; ydd yi;
yen ynq; yid yi; yiy yrm; yma lrr; ymt mtm; yor yo; yos zom; yuu yug; zai zap; zha za; zho zh; zir
scv; zkb kjh; zsm ms; zul zu; zyb za
"""
"""Old and three-letter tags, with the tag that replaces them."""

PRIMARY = """
aa ab ace ach ada ady ae aeb af afh agq ain ak akk akz ale aln alt am an ang ann anp apc ar arc arn
aro arp arq ars arw ary arz as asa ase ast atj av avk awa ay az ba bal ban bar bas bax bbc bbj be
bej bem bew bez bfd bfq bg bgc bgn bho bi bik bin bjn bkm bla blo blt bm bn bo bpy bqi br bra brh
brx bs bss bua bug bum byn byv ca cad car cay cch ccp ce ceb cgg ch chb chg chk chm chn cho chp chr
chy cic ckb clc co cop cps cr crg crh crj crk crl crm crr crs cs csb csw cu cv cy da dak dar dav de
del den dgr din dje doi dsb dtp dua dum dv dyo dyu dz dzg ebu ee efi egl egy eka el elx en enm eo
es esu et eu ewo ext fa fan fat ff fi fil fit fj fo fon fr frc frm fro frp frr frs fur fy ga gaa
gag gan gay gba gbz gd gez gil gl glk gmh gn goh gon gor got grb grc gsw gu guc gur guz gv gwi ha
hai hak haw hax he hi hif hil hit hmn hnj ho hr hsb hsn ht hu hup hur hy hz ia iba ibb id ie ig ii
ik ikt ilo inh io is it iu izh ja jam jbo jgo jmc jpr jrb jut jv ka kaa kab kac kaj kam kaw kbd kbl
kcg kde kea kek ken kfo kg kgp kha kho khq khw ki kiu kj kk kkj kl kln km kmb kn ko koi kok kos kpe
kr krc kri krj krl kru ks ksb ksf ksh ku kum kut kv kw kwk kxv ky la lad lag lah lam lb lez lfn lg
li lij lil liv lkt lld lmo ln lo lol lou loz lrc lsm lt ltg lu lua lui lun luo lus luy lv lzh lzz
mad maf mag mai mak man mas mde mdf mdr men mer mfe mg mga mgh mgo mh mi mic min mk ml mn mnc mni
moe moh mos mr mrj ms mt mua mus mwl mwr mwv my mye myv mzn na nan nap naq nb nd nds ne new ng nia
niu njo nl nmg nn nnh no nog non nov nqo nr nso nus nv nwc ny nym nyn nyo nzi oc oj ojb ojc ojs ojw
oka om or os osa ota pa pag pal pam pap pau pcd pcm pdc pdt peo pfl phn pi pis pl pms pnt pon pqm
prg pro ps pt qu quc qug raj rap rar rgn rhg rif rm rn ro rof rom rtm ru rue rug rup rw rwk sa sad
sah sam saq sas sat saz sba sbp sc scn sco sd sdc sdh se see seh sei sel ses sg sga sgs sh shi shn
shu si sid sk skr sl slh sli sly sm sma smj smn sms sn snk so sog sq sr srn srr ss ssy st stq str
su suk sus sux sv sw swb syc syr szl ta tce tcy te tem teo ter tet tg tgx th tht ti tig tiv tk tkl
tkr tl tlh tli tly tmh tn to tog tok tpi tr tru trv trw ts tsd tsi tt ttm ttt tum tvl tw twq ty tyv
tzm udm ug uga uk umb ur uz vai ve vec vep vi vls vmf vmw vo vot vro vun wa wae wal war was wbp wo
wuu xal xh xmf xnr xog yao yap yav ybb yi yo yrl yue za zap zbl zea zen zgh zh zu zun zza
"""
"""The primary tags that there are."""
