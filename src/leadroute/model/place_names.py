"""The names of countries, and of the states and provinces of six of them, written by .ci/values.py; do not edit.

Source: Unicode CLDR 48.2, Copyright 1991-2025 Unicode, Inc., licensed under Unicode-3.0 (LICENSE.unicode); datahub.io country-codes, public domain.
"""

NAMES = """
AD and andorra andorre principalityandorra андорра อันดอร์รา 안도라 アンドラ 安道尔 安道爾; AE
arabiemiirikunnat are emiradosarabesunidos emirates emiratiarabiuniti emiratosarabesunidos
emiratsarabesunis foerenadearabemiraten forenadearabemiraten forenedearabiskeemirater
forentearabiskeemirater uae unitedarabemirates vereinigtearabischeemirate
verenigdearabischeemiraten оаэ الاماراتالعربيةالمتحدة สหรัฐอาหรับเอมิเรตส์ 아랍에미리트 アラブ首長国連邦
阿拉伯联合酋长国 阿拉伯聯合大公國; AF afeganistao afg afganistan afghanistan islamicrepublicafghanistan owganystan
афганистан افغانستان อัฟกานิสถาน 아프가니스탄 アフガニスタン 阿富汗; AG antiguabarbuda antiguaebarbuda
antiguaenbarbuda antiguaetbarbuda antiguajabarbuda antiguaochbarbuda antiguaogbarbuda
antiguaundbarbuda atg антигуаибарбуда แอนติกาและบาร์บูดา 앤티가바부다 アンティグアバーブーダ 安地卡及巴布達
安提瓜和巴布达; AI aia anguila anguilla ангилья แองกวิลลา 앵귈라 アンギラ 安圭拉 安奎拉; AL alb albania albanie
albanien republicalbania shqiperi shqiperia албания แอลเบเนีย 알바니아 アルバニア 阿尔巴尼亚 阿爾巴尼亞; AM arm
armenia armenie armenien hayastan republicarmenia армения հայաստան อาร์เมเนีย 아르메니아 アルメニア 亚美尼亚
亞美尼亞; AO ago angola republicangola ангола แองโกลา 앙골라 アンゴラ 安哥拉; AQ antarctica antarctique
antarktis antartida antartide ata антарктида แอนตาร์กติกา 남극대륙 南极洲 南極 南極洲; AR arg argentiina
argentina argentine argentinerepublic argentinie argentinien аргентина อาร์เจนตินา 아르헨티나
アルゼンチン 阿根廷; AS americansamoa amerikaanssamoa amerikanischsamoa amerikansamoa amerikanskasamoa
amerikansksamoa asm samoaamericaines samoaamericana samoaamericane американскоесамоа อเมริกันซามัว
아메리칸사모아 米領サモア 美属萨摩亚 美屬薩摩亞; AT austria austrija ausztria aut autriche avstrija itaevalta
itavalta oesterreich oesterrike oostenrijk osterreich osterrike ostrig republicaustria австрия
ออสเตรีย 오스트리아 オーストリア 奥地利 奧地利; AU aus australia australie australien commonwealthaustralia
австралия ออสเตรเลีย 오스트레일리아 オーストラリア 澳大利亚 澳洲; AW abw aruba аруба อารูบา 아루바 アルバ 荷屬阿魯巴
阿鲁巴; AX ahvenanmaa ala aland alandinseln alandislands ilesaland ilesdaland ilhasaland islasaland
isolealand аландскиеова หมู่เกาะโอลันด์ 올란드제도 オーランド諸島 奥兰群岛 奧蘭群島; AZ aserbaidschan
aserbajdsjan aze azerbaidjan azerbaidzan azerbaigian azerbaijan azerbaijao azerbaiyan azerbajdzjan
azerbeidzjan azərbaycan republicazerbaijan азербаиджан азәрбајҹан อาเซอร์ไบจาน 아제르바이잔
アゼルバイジャン 亞塞拜然 阿塞拜疆; BA bih bosnaihercegovina bosnia bosniaederzegovina bosniaeherzegovina
bosniahercegovina bosniaherzegovina bosniajahertsegovina bosnieenherzegovina bosnieherzegovine
bosnienhercegovina bosnienochhercegovina bosnienundherzegowina боснаихерцеговина боснияигерцеговина
บอสเนียและเฮอร์เซโกวีนา 보스니아헤르체고비나 ボスニアヘルツェゴビナ 波士尼亞與赫塞哥維納 波斯尼亚和黑塞哥维那; BB barbade
barbados brb барбадос บาร์เบโดส 바베이도스 バルバドス 巴巴多斯 巴貝多; BD banglades bangladesch bangladesh
bgd peoplesrepublicbangladesh бангладеш বাংলাদেশ บังกลาเทศ 방글라데시 バングラデシュ 孟加拉 孟加拉国; BE bel
belgia belgica belgie belgien belgio belgique belgium kingdombelgium бельгия เบลเยียม 벨기에
ベルギー 比利时 比利時; BF bfa burkinafaso burquinafaso uppervolta буркинафасо บูร์กินาฟาโซ 부르키나파소
ブルキナファソ 布吉納法索 布基纳法索; BG bgr bulgaria bulgarie bulgarien bulgarije republicbulgaria болгария
българия บัลแกเรีย 불가리아 ブルガリア 保加利亚 保加利亞; BH bahrain bahrein barein bhr kingdombahrain
бахреин البحرين บาห์เรน 바레인 バーレーン 巴林; BI bdi burundi republicburundi uburundi бурунди บุรุนดี
부룬디 ブルンジ 布隆迪 蒲隆地; BJ ben benin dahomey republicbenin бенин เบนิน 베냉 ベナン 貝南 贝宁; BL blm
saintbarthelemy sanbarthelemy sanbartolome saobartolomeu stbarthelemy сенбартелеми เซนต์บาร์เธเลมี
생바르텔레미 サンバルテルミー 圣巴泰勒米 聖巴瑟米; BM bermuda bermudas bermudes bmu бермудскиеова เบอร์มิวดา
버뮤다 バミューダ 百慕大 百慕達; BN brn brunei bruneidarussalam брунеи บรูไน 브루나이 ブルネイ 文莱 汶萊; BO bol
bolivia boliviaestadoplurinacional boliviaplurinationalstate bolivie bolivieetatplurinational
bolivien plurinationalstatebolivia боливия โบลิเวีย 볼리비아 ボリビア 玻利維亞 玻利维亚; BQ bes
bonairesainteustacheetsaba bonairesaneustaquiosaba bonairesinteustatiussaba caraibiolandesi
caribbeannetherlands caribeneerlandes caribischnederland karibianalankomaat karibischeniederlande
karibiskanederlaenderna karibiskanederlanderna karibisknederland paisesbaixoscaribenhos
paysbascaribeens sainteustacheetsababonaire saneustaquiosababonaire sinteustatiussababonaire
tidligerenederlandskeantiller бонэирсинтэстатиусисаба синтэстатиусисабабонэир
เนเธอร์แลนด์แคริบเบียน 네덜란드령카리브 オランダ領カリブ 荷属加勒比区 荷蘭加勒比區; BR bra brasil brasile brasilia
brasilien brazil brazile brazilie bresil estadosunidosdobrasil federativerepublicbrazil бразилия
บราซิล 브라질 ブラジル 巴西; BS bahama bahamas bhs commonwealthbahamas багамы บาฮามาส 바하마 バハマ 巴哈馬
巴哈马; BT bhoutan bhutan btn butan butao kingdombhutan бутан ภูฏาน འབྲུག 부탄 ブータン 不丹; BV
bouveteiland bouvetinsel bouvetisland bouvetnsaari bouvetoen bouveton bouvetoya bvt ilebouvet
ilhabouvet islabouvet isolabouvet овбуве เกาะบูเว 부베섬 ブーベ島 布威島 布韦岛; BW botsuana botswana bwa
republicbotswana ботсвана บอตสวานา 보츠와나 ボツワナ 博茨瓦纳 波札那; BY belarus bielorrusia bielorrussia
bielorussia bielorussie blr byelorussia republicbelarus valkovenaejae valkovenaja беларусь เบลารุส
벨라루스 ベラルーシ 白俄罗斯 白俄羅斯; BZ belice belize blz белиз เบลีซ 벨리즈 ベリーズ 伯利兹 貝里斯; CA can canada
kanada канада แคนาดา 캐나다 カナダ 加拿大; CC cck cocoseilanden cocosislands cocoskeelingislands
cocosoerne ilescocos ilesdescocoskeeling ilhascocoskeeling islascocos islascocoskeeling
isolecocoskeeling kokosinseln kokosoarna kokosoearna kokosoyene kookossaaretkeelingsaaret
кокосовыеова หมู่เกาะโคโคสคีลิง 코코스제도 ココスキーリング諸島 科克斯基靈群島 科科斯基林群岛; CD cod
congodemocraticrepublic congodemrep congodrc congokinshasa congordc democraticrepubliccongo
demokratiskarepublikenkongo dendemokratiskerepublikcongodrc dendemokratiskerepublikkenkongo drc
drcongo kongodemokratischerepublik kongodrc kongokinshasa kongondemokraattinentasavalta
republicademocraticadelcongo republicademocraticadocongo republikiyakongodemokratiki
republiquedemocratiqueducongo zaire конгодрк конгокиншаса คองโกกินชาซา คองโกสาธารณรัฐประชาธิปไตย
콩고민주공화국 콩고킨샤사 コンゴ民主共和国 コンゴ民主共和国キンシャサ 刚果民主共和国 刚果金 剛果民主共和國 剛果金夏沙; CF caf
centraalafrikaanserepubliek centralafricanrepublic centralafrikanskarepubliken
dencentralafrikanskerepublik densentralafrikanskerepublikk keskiafrikantasavalta
kodorosesetibeafrika koedoeroesesetibeafrika repubblicacentrafricana republicacentroafricana
republiquecentrafricaine zentralafrikanischerepublik центральноафриканскаяреспублика
สาธารณรัฐแอฟริกากลาง 중앙아프리카공화국 中央アフリカ共和国 中非共和国 中非共和國; CG cog congobrazzaville congorep
congorepubblica congorepublic congorepublica congorepubliek kongobrazzaville kongontasavalta
kongorepublik republicadocongo republiccongo republikenkongo republikkencongo republikkenkongo
republiqueducongo конгобраззавиль республикаконго คองโกบราซซาวิล คองโกสาธารณรัฐ 콩고공화국
콩고브라자빌 コンゴ共和国 コンゴ共和国ブラザビル 刚果共和国 刚果布 剛果共和國 剛果布拉薩; CH che schweiz
schweizerischeeidgenossenschaft schwiiz suica suisse suiza sveits sveitsi svizra svizzera
swissconfederation switzerland zwitserland швеицария สวิตเซอร์แลนด์ 스위스 スイス 瑞士; CI civ
costadavorio costadomarfim costamarfil cotedivoire elfenbeinkueste elfenbeinkuste elfenbenskusten
elfenbenskysten ivoorkust ivorycoast norsunluurannikko republiquecotedivoire котдивуар โกตดิวัวร์
ไอวอรี่โคสต์ 아이보리코스트 코트디부아르 コートジボワール 科特迪瓦 象牙海岸; CK cok cookeilanden cookinsaaret
cookinseln cookislands cookoarna cookoearna cookoerne cookoyene ilescook ilescookles ilhascook
islascook islascooklas isolecook овакука หมู่เกาะคุก 쿡제도 クック諸島 库克群岛 庫克群島; CL chile chili chl
cile republicchile чили ชิลี 칠레 チリ 智利; CM camaroes cameroon cameroun camerun cmr kameroen
kamerun republiccameroon камерун แคเมอรูน 카메룬 カメルーン 喀麥隆 喀麦隆; CN china chinapeoplesrepublic
chinaprc chine chn cina cunghgoz kiina kina mainlandchina peoplesrepublicchina prc prchina китаи
جۇڭگو จีน རྒྱནག 중국 中国 中國; CO col colombia colombie kolumbia kolumbien republiccolombia колумбия
โคลอมเบีย 콜롬비아 コロンビア 哥伦比亚 哥倫比亞; CR costarica cri republiccostarica костарика คอสตาริกา
코스타리카 コスタリカ 哥斯大黎加 哥斯达黎加; CU cub cuba kuba kuuba republiccuba куба คิวบา 쿠바 キューバ 古巴; CV
caboverde capeverde capoverde capvert cpv kaapverdie kabuverdi kappverde kapverde republiccaboverde
кабоверде เคปเวิร์ด 카보베르데 カーボベルデ 佛得角 維德角; CW curacao curazao cuw korsou кюрасао คูราเซา
퀴라소 キュラソー 库拉索 庫拉索; CX christmaseiland christmasisland christmasoya cxr ilechristmas
ilhachristmas islachristmas islanavidad isolachristmas joulusaari juleoen juloen julon
weihnachtsinsel оврождества เกาะคริสต์มาส 크리스마스섬 クリスマス島 圣诞岛 聖誕島; CY chipre chypre cipro cyp
cypern cyprus kibris kypros republiccyprus zypern κυπροσ кипр ไซปรัส 키프로스 キプロス 塞浦路斯 賽普勒斯; CZ
cechia ceskarepublika cesko chequia cze czechia czechrepublic dentjekkiskerepublik
dentsjekkiskerepublikk repubblicaceca republicacheca republicatcheca republiquetcheque tchequia
tchequie tjeckien tjekkiet tschechien tschechischerepublik tsekintasavalta tsekki tsjechie
tsjechischerepubliek tsjekkia чехия чешскаяреспублика สาธารณรัฐเช็ก เช็ก 체코 체코공화국 チェコ
チェコ共和国 捷克 捷克共和国 捷克共和國; DE alemanha alemania allemagne brd bundesrepublikdeutschland deu deutschland
duitsland federalrepublicgermany germania germany saksa tyskland германия เยอรมนี 독일 ドイツ 德国
德國; DJ dji djibouti djibuti dschibuti gibuti jabuuti republicdjibouti yibuti джибути جيبوتي จิบูตี
지부티 ジブチ 吉布地 吉布提; DK daenemark danemark danimarca danmark denemarken denmark dinamarca dnk
kingdomdenmark tanska дания เดนมาร์ก 덴마크 デンマーク 丹麥 丹麦; DM commonwealthdominica dma dominica
dominique доминика โดมินิกา 도미니카 ドミニカ国 多米尼克; DO dendominikanskerepublik
dendominikanskerepublikk dom dominicaanserepubliek dominicanrepublic dominikaaninentasavalta
dominikanischerepublik dominikanskarepubliken repubblicadominicana republicadominicana
republiquedominicaine доминиканскаяреспублика สาธารณรัฐโดมินิกัน 도미니카공화국 ドミニカ共和国 多明尼加共和國
多米尼加共和国; DZ algeria algerie algerien algeriet algerije argelia dza peoplesdemocraticrepublicalgeria
алжир الجزاير แอลจีเรีย 알제리 アルジェリア 阿尔及利亚 阿爾及利亞; EC ecu ecuador equador equateur
republicecuador эквадор เอกวาดอร์ 에콰도르 エクアドル 厄瓜多 厄瓜多尔; EE eesti est estland estonia estonie
republicestonia viro эстония เอสโตเนีย 에스토니아 エストニア 愛沙尼亞 爱沙尼亚; EG aegypten agypten
arabrepublicegypt egipto egito egitto egy egypt egypte egypten egypti египет مصر อียิปต์ 이집트
エジプト 埃及; EH esh laensisahara lansisahara saaraocidental saharaoccidental saharaoccidentale
vaestsahara vastsahara vestsahara westelijkesahara westernsahara westsahara западнаясахара
الصحراءالغربية ซาฮาราตะวันตก 서사하라 西サハラ 西撒哈拉; ER eri eritrea eritreia erythree stateeritrea
эритрея اريتريا เอริเทรีย 에리트리아 ኤርትራ エリトリア 厄利垂亞 厄立特里亚; ES esp espagne espainia espana espanha
espanja espanya kingdomspain spagna spain spania spanien spanje испания สเปน 스페인 スペイン 西班牙; ET
aethiopien athiopien eth ethiopia ethiopie etiopia etiopien federaldemocraticrepublicethiopia
itoophiyaa эфиопия เอธิโอเปีย 에티오피아 ኢትዮጵያ エチオピア 埃塞俄比亚 衣索比亞; FI fin finland finlande finlandia
finnland republicfinland suomi финляндия ฟินแลนด์ 핀란드 フィンランド 芬兰 芬蘭; FJ fidji fidschi fidzi
figi fiji fiyi fji republicfiji фиджи फ़िजी ฟิจิ 피지 フィジー 斐济 斐濟; FK falklandeilanden
falklandeilandenislasmalvinas falklandinsaaret falklandinsaaretmalvinassaaret falklandinseln
falklandinselnmalwinen falklandislands falklandislandsislasmalvinas falklandislandsmalvinas
falklandsoarna falklandsoearna falklandsoerne falklandsoerneislasmalvinas falklandsoyene
falklandsoyeneislasmalvinas flk ilesfalklandmalvinas ilesmalouines ilesmalouinesilesfalkland
ilhasmalvinas ilhasmalvinasilhasfalkland islasmalvinas islasmalvinasfalkland
islasmalvinasislasfalkland isolefalkland isolefalklandisolemalvine malvinas
фолклендскиемальвинскиеова фолклендскиеова หมู่เกาะฟอล์กแลนด์ หมู่เกาะฟอล์กแลนด์อิสลาสมาลวินาส
포클랜드제도 포클랜드제도말비나스군도 フォークランド諸島 フォークランド諸島マルビーナス諸島 福克兰群岛 福克兰群岛马尔维纳斯群岛 福克蘭群島
福克蘭群島馬爾維納斯群島; FM federatedstatesmicronesia fsm micronesia micronesiaestadosfederados
micronesiafederatedstates micronesie micronesieetatsfederes mikronesia mikronesiafoderasjonen
mikronesien федеративныештатымикронезии ไมโครนีเซีย 미크로네시아 ミクロネシア連邦 密克罗尼西亚 密克羅尼西亞; FO
faeroearna faeroeer faeroer faeroerne faeroyene faersaaret faroarna faroeislands faroer farsaaret
foroyar fro ilesferoe ilhasfaroe islasferoe isolefaeroer фарерскиеова หมู่เกาะแฟโร 페로제도 フェロー諸島
法罗群岛 法羅群島; FR fra franca france francia frankreich frankrig frankrijk frankrike frenchrepublic
metropolitanfrance ranska republiquefrancaise франция ฝรั่งเศส 프랑스 フランス 法国 法國; GA gab gabao
gabon gaboneserepublic gabun габон กาบอง 가봉 ガボン 加彭 加蓬; GB anriochtaontaithe
anrioghachdaonaichte britain britannia deyrnasunedig england gb gbr greatbritain isobritannia
northernireland regnounito reinounido reinounidogranbretanaeirlandadelnorte royaumeuni
royaumeunigrandebretagneetdirlandedunord scotland storbritannia storbritannien uk ukunitedkingdom
unitedkingdom unitedkingdomgreatbritain unitedkingdomgreatbritainnorthernireland unitedkingdomuk
vereinigteskoenigreich vereinigteskonigreich verenigdkoninkrijk vk wales британия великобритания
สหราชอาณาจักร 영국 イギリス 英国 英國; GD granada grd grenada grenade гренада เกรเนดา 그레나다 グレナダ
格林纳达 格瑞那達; GE geo georgia georgie georgien sakartvelo грузия гуырдзыстон จอร์เจีย საქართველო 조지아
ジョージア 喬治亞 格鲁吉亚; GF fransguyana franskaguyana franskguyana franzoesischguayana franzosischguayana
frenchguiana guayanafrancesa guf guianafrancesa guyanafrancese guyanefrancaise ranskanguayana
французскаягвиана เฟรนช์เกียนา 프랑스령기아나 仏領ギアナ 法属圭亚那 法屬圭亞那; GG ggy guernesey guernsey
гернси เกิร์นซีย์ 건지 ガーンジー 根息 根西岛; GH gaana gana gha ghana ghananutome republicghana гана กานา
가나 ガーナ 加纳 迦納; GI gib gibilterra gibraltar гибралтар ยิบรอลตาร์ 지브롤터 ジブラルタル 直布罗陀 直布羅陀; GL
greenland grl groenland groenlandia groenlanti gronland gronlanti kalaallitnunaat гренландия
กรีนแลนด์ 그린란드 グリーンランド 格陵兰 格陵蘭; GM gambia gambie gmb republicgambia гамбия แกมเบีย 감비아
ガンビア 冈比亚 甘比亞; GN gin guine guinea guinee republicguinea гвинея กินี 기니 ギニア 几内亚 幾內亞; GP glp
guadalupa guadalupe guadeloupe гваделупа กวาเดอลูป 과들루프 グアドループ 瓜地洛普 瓜德罗普; GQ
aekvatorialguinea aequatorialguinea aquatorialguinea ekvatorialguinea equatoriaalguinea
equatorialguinea gnq guineaecuatorial guineaequatoriale guineeequatoriale guineequatorial
paeivaentasaajanguinea paivantasaajanguinea republicequatorialguinea экваториальнаягвинея
อิเควทอเรียลกินี 적도기니 赤道ギニア 赤道几内亚 赤道幾內亞; GR el graekenland grc grece grecia greece grekland
griechenland griekenland hellas hellenicrepublic kreikka ελλαδα греция กรีซ 그리스 ギリシャ 希腊 希臘; GS
etelaegeorgiajaetelaeisetsandwichinsaaret etelageorgiajaetelaisetsandwichinsaaret
georgiadelsudesandwichaustrali georgiadelsurlasislassandwichdelsur
georgiedusudetlesilessandwichdusud ilhasgeorgiadosulesandwichdosul islasgeorgiadelsursandwichdelsur
sgs sorgeorgiaogsorsandwichoyene southgeorgiaogsydligesandwichoer southgeorgiasouthsandwichislands
sudgeorgienunddiesudlichensandwichinseln suedgeorgienunddiesuedlichensandwichinseln
sydgeorgienochsydsandwichoarna sydgeorgienochsydsandwichoearna
zuidgeorgiaenzuidelijkesandwicheilanden южнаягеоргияиюжныесандвичевыова
เกาะเซาท์จอร์เจียและหมู่เกาะเซาท์แซนด์วิช 사우스조지아사우스샌드위치제도 サウスジョージアサウスサンドウィッチ諸島
南乔治亚和南桑威奇群岛 南喬治亞與南三明治群島; GT gtm guatemala republicguatemala гватемала กัวเตมาลา 과테말라 グアテマラ
危地马拉 瓜地馬拉; GU guam gum гуам กวม 괌 グアム 关岛 關島; GW gnb guineabisau guineabissau guinebissau
guineebissau republicguineabissau гвинеябисау กินีบิสเซา 기니비사우 ギニアビサウ 几内亚比绍 幾內亞比索; GY
cooperativerepublicguyana guy guyana гаиана กายอานา 가이아나 ガイアナ 圭亚那 蓋亞那; HK
chinahongkongspecialadministrativeregion chinaregionadministrativaespecialhongkong
chineregionadministrativespecialehongkong hkg hongkong hongkongkiinanerityishallintoalue
hongkongraedachina hongkongsar hongkongsarchina hongkongsarkina hongkongsarvanchina
hongkongspecialadministrativeregionchina raedachinahongkong raehongkongchina raschinoisehongkong
rasdihongkong regionadministrativaespecialhongkongchina regionadministrativespecialehongkongchine
sarhongkong sonderverwaltungsregionhongkong гонконг гонконгсар ฮ่องกง
เขตปกครองพิเศษฮ่องกงแห่งสาธารณรัฐประชาชนจีน 홍콩 홍콩중국특별행정구 中国香港特别行政区 中國香港特別行政區
中華人民共和国香港特別行政区 香港; HM heardenmcdonaldeilanden heardislandmcdonaldislands
heardislandogmcdonaldislands heardjamcdonaldinsaaret heardmcdonaldislands heardoenochmcdonaldoearna
heardogmcdonaldoyene heardonochmcdonaldoarna heardundmcdonaldinseln hmd ileheardetilesmacdonald
ilesheardetmacdonald ilhasheardemcdonald islasheardmcdonald isoleheardemcdonald овахердимакдональд
เกาะเฮิร์ดและหมู่เกาะแมกดอนัลด์ 허드맥도널드제도 ハード島マクドナルド諸島 赫德岛和麦克唐纳群岛 赫德島及麥唐納群島; HN hnd
honduras republichonduras гондурас ฮอนดูรัส 온두라스 ホンジュラス 宏都拉斯 洪都拉斯; HR croacia croasia croatia
croatie croazia hrv hrvatska kroatia kroatie kroatien republiccroatia хорватия โครเอเชีย 크로아티아
クロアチア 克罗地亚 克羅埃西亞; HT haiti hti republichaiti гаити เฮติ 아이티 ハイチ 海地; HU hongarije hongrie hun
hungary hungria magyarorszag ungarn ungern ungheria unkari венгрия ฮังการี 헝가리 ハンガリー 匈牙利; ID
idn indonesia indonesie indonesien republicindonesia индонезия อินโดนีเซีย 인도네시아 インドネシア 印尼
印度尼西亚; IE eire ierland ireland irl irland irlanda irlande irlanti republicireland ирландия
ไอร์แลนด์ 아일랜드 アイルランド 愛爾蘭 爱尔兰; IL isr israel israele stateisrael израиль ישראל اسراييل
อิสราเอล 이스라엘 イスラエル 以色列; IM ellanvannin ileman ilhaman imn islaman isleman isoladiman man
mansaari овмэн เกาะแมน 맨섬 マン島 曼島 马恩岛; IN bharat hindustan ind inde india indien intia
republicindia индия بھارت ڀارت ہندوستان भारत भारतः ভারত ভাৰত ਭਾਰਤ ભારત ଭାରତ இந்தியா భారతదేశం ಭಾರತ
ഇന്ത്യ อินเดีย 인도 ᱤᱱᱰᱤᱭᱟ インド 印度; IO archipeldeschagos archipielagochagos arcipelagochagos
arquipelagochagos britischesterritoriumimindischenozean britishindianoceanterritory
britsindischeoceaanterritorium brittilaeinenintianvaltamerenalue brittilainenintianvaltamerenalue
brittiskaterritorietiindiskaoceanen chagosarchipel chagosarchipelago chagoseilanden chagosoarna
chagosoearna chagosoerne chagosoyene chagossaaret detbritisketerritorietiindiahavet
detbritisketerritoriumidetindiskeocean iot territoirebritanniqueloceanindien
territoriobritanicodeloceanoindico territoriobritanicodooceanoindico
territoriobritannicodelloceanoindiano архипелагчагос британскаятерриториявиндиискомокеане
บริติชอินเดียนโอเชียนเทร์ริทอรี หมู่เกาะชากอส 영국령인도양지역 차고스제도 チャゴス諸島 查哥斯群島 查戈斯群岛
英属印度洋领地 英屬印度洋領地 英領インド洋地域; IQ irak iraq iraque irq republiciraq ирак العراق عێراق อิรัก 이라크 イラク
伊拉克; IR ira iran iranislamicrepublic iranrepublicaislamicadel iranrepubliqueislamiqued irn
islamicrepubliciran persia иран ایران อิหร่าน 이란 イラン 伊朗; IS iceland ijsland isl island islanda
islande islandia islanti republiciceland исландия ไอซ์แลนด์ 아이슬란드 アイスランド 冰岛 冰島; IT ita
italia italie italien italy republicitaly италия อิตาลี 이탈리아 イタリア 意大利 義大利; JE jersey jey
джерси เจอร์ซีย์ 저지 ジャージー 泽西岛 澤西島; JM giamaica jam jamaica jamaika jamaique ямаика จาเมกา
자메이카 ジャマイカ 牙买加 牙買加; JO giordania hashemitekingdomjordan jor jordan jordania jordanie jordanien
иордания الاردن จอร์แดน 요르단 ヨルダン 約旦 约旦; JP giappone japan japani japao japon jpn nihon nippon
япония ญี่ปุ่น 일본 日本; KE ken kenia kenya quenia republickenya кения เคนยา 케냐 ケニア 肯亞 肯尼亚; KG
kgz kirghizia kirghizistan kirghizstan kirgisia kirgisistan kirgizie kirgizistan kirguistan
kyrgyzrepublic kyrgyzstan quirguistao киргизия кыргызстан คีร์กีซสถาน 키르기스스탄 キルギス 吉尔吉斯斯坦
吉爾吉斯; KH cambodge cambodia cambodja cambogia camboja camboya kambodja kambodscha kambodsja kambodza
khm kingdomcambodia камбоджа กัมพูชา 캄보디아 កម្ពុជា カンボジア 柬埔寨; KI kir kiribati quiribati
republickiribati кирибати คิริบาส 키리바시 キリバス 吉里巴斯 基里巴斯; KM com comoras comore comoren comorerne
comores comoros komoren komorene komorerna komorit unioncomoros коморы جزرالقمر คอโมโรส 코모로 コモロ
科摩罗 葛摩; KN kna saintchristopheetnieves saintkittsenevis saintkittsennevis saintkittsetnevis
saintkittsjanevis saintkittsnevis saintkittsognevis saintkittsundnevis sancristobalnieves
saocristovaoenevis stkittsochnevis сенткитсиневис เซนต์คิตส์และเนวิส 세인트키츠네비스
セントクリストファーネーヴィス 圣基茨和尼维斯 聖克里斯多福及尼維斯; KP coreadelnord coreadelnorte coreedunord coreiadonorte
democraticpeoplesrepublickorea dprk dprkorea koreademocraticpeoplesrepublic koreadempeoplesrep
koreadpr koreanorth noordkorea nordkorea northkorea pohjoiskorea prk
republicapopulardemocraticacorea republiquepopulairedemocratiquecoree кндр เกาหลีเหนือ 북한 北朝鮮
北韓 朝鲜; KR coreadelsud coreadelsur coreedusud coreiadosul etelaekorea etelakorea kor korearep
korearepublic koreasouth republicacorea republickorea republiquecoree rok skorea sorkorea
southkorea sudkorea suedkorea sydkorea zuidkorea республикакорея เกาหลีใต้ 대한민국 한국 南韓 韓国
韩国; KW koeweit koweit kuwait kwt statekuwait кувеит الكويت คูเวต 쿠웨이트 クウェート 科威特; KY
caymanislands caymanoarna caymanoearna caymanoerne caymanoyene caymansaaret cym ilescaimanes
ilescaimans ilhascayman islascaiman isolecayman kaaimaneilanden kaimaninseln овакаиман
หมู่เกาะเคย์แมน 케이맨제도 ケイマン諸島 开曼群岛 開曼群島; KZ cazaquistao kasachstan kasakhstan kaz kazachstan
kazajistan kazajstan kazakhstan kazakistan kazakstan republickazakhstan казахстан қазақстан
คาซัคสถาน 카자흐스탄 カザフスタン 哈萨克斯坦 哈薩克; LA lao laopdr laopeoplesdemocraticrepublic laos
republicademocraticapopularlao republiquedemocratiquepopulairelao лаос ลาว ລາວ 라오스 ラオス 寮國 老挝; LB
lbn lebaneserepublic lebanon liban libano libanon ливан لبنان เลบานอน 레바논 レバノン 黎巴嫩; LC lca
saintelucie saintlucia santalucia stlucia сентлюсия เซนต์ลูเซีย 세인트루시아 セントルシア 圣卢西亚 聖露西亞; LI
liachteschtai liaechteschtaei lie liechtenstein principalityliechtenstein лихтенштеин ลิกเตนสไตน์
리히텐슈타인 リヒテンシュタイン 列支敦士登 列支敦斯登; LK ceylon democraticsocialistrepublicsrilanka lka srilanka
шриланка இலங்கை ශ්රීලංකාව ศรีลังกา 스리랑카 スリランカ 斯里兰卡 斯里蘭卡; LR lbr liberia republicliberia
либерия ไลบีเรีย 라이베리아 リベリア 利比里亚 賴比瑞亞; LS kingdomlesotho lesotho lesoto lso лесото เลโซโท
레소토 レソト 莱索托 賴索托; LT liettua lietuva litauen lithuania litouwen lituania lituanie ltu
republiclithuania литва ลิทัวเนีย 리투아니아 リトアニア 立陶宛; LU grandduchyluxembourg letzebuerg
lussemburgo lux luxembourg luxemburg luxemburgo люксембург ลักเซมเบิร์ก 룩셈부르크 ルクセンブルク 卢森堡
盧森堡; LV latvia latvija letland letonia lettland lettonia lettonie lva republiclatvia латвия ลัตเวีย
라트비아 ラトビア 拉脫維亞 拉脱维亚; LY lby libia libie libya libyanarabjamahiriya libye libyen statelibya
ливия ليبيا ลิเบีย 리비아 リビア 利比亚 利比亞; MA kingdommorocco mar maroc marocco marocko marokko
marrocos marruecos merruk morocco марокко المغرب โมร็อกโก 모로코 モロッコ 摩洛哥; MC mco monaco
principalitymonaco монако โมนาโก 모나코 モナコ 摩納哥 摩纳哥; MD mda moldavia moldavie moldavien moldova
moldovarepublic republicamoldova republicmoldova republikmoldau republiquemoldova молдова มอลโดวา
몰도바 モルドバ 摩尔多瓦 摩爾多瓦; ME crnagora mne montenegro черногория มอนเตเนโกร 몬테네그로 モンテネグロ
蒙特內哥羅 黑山; MF maf saintmartin saintmartinfrenchpart saintmartinpartiefrancaise sanmartin
sanmartinpartefrancesa saomartinho сенмартен เซนต์มาร์ติน 생마르탱 サンマルタン 法属圣马丁 法屬聖馬丁; MG
madagascar madagasikara madagaskar mdg republicmadagascar мадагаскар มาดากัสการ์ 마다가스카르
マダガスカル 馬達加斯加 马达加斯加; MH ilesmarshall ilhasmarshall islasmarshall isolemarshall marshalleilanden
marshallinsaaret marshallinseln marshallislands marshalloarna marshalloearna marshalloerne
marshalloyene mhl republicmarshallislands маршалловыова หมู่เกาะมาร์แชลล์ 마셜제도 マーシャル諸島 馬紹爾群島
马绍尔群岛; MK formeryugoslavrepublicmacedonia fyrom macedoinedunord macedonia macedoniadelnord
macedoniadelnorte macedoniadonorte macedoniaformeryugoslavrepublic macedoniafyrom maqedoniaeveriut
mkd noordmacedonie nordmakedonia nordmakedonien nordmazedonien northmacedonia pohjoismakedonia
republicnorthmacedonia севернамакедонија севернаямакедония มาซิโดเนียเหนือ 북마케도니아 北マケドニア
北馬其頓 北马其顿; ML mali mli republicmali мали มาลี 말리 マリ 馬利 马里; MM burma mianmarbirmania mmr myanmar
myanmarbirma myanmarbirmania myanmarbirmanie myanmarburma republicunionmyanmar unionmyanmar
мьянмабирма เมียนมาพม่า မြန်မာ 미얀마 ミャンマービルマ 緬甸 缅甸; MN mng mongolei mongolia mongolie mongoliet
монгол монголия มองโกเลีย 몽골 モンゴル 蒙古; MO chinamacaospecialadministrativeregion
chinaregionadministrativaespecialmacao chineregionadministrativespecialemacao mac macao
macaokiinanerityishallintoalue macaosar macaosarchina macaosarkina
macaospecialadministrativeregionchina macau macauraedachina macausar macausarvanchina
raedachinamacau raemacaochina raschinoisemacao rasdimacao regionadministrativaespecialmacaochina
regionadministrativespecialemacaochine sarmacao sonderverwaltungsregionmacau макао макаосар มาเก๊า
เขตปกครองพิเศษมาเก๊าแห่งสาธารณรัฐประชาชนจีน 마카오 마카오중국특별행정구 マカオ 中国澳门特别行政区
中國澳門特別行政區 中華人民共和国マカオ特別行政区 澳門 澳门; MP ilesmariannesdunord ilhasmarianasdonorte islasmarianasdelnorte
islasmarianasseptentrionales isolemariannesettentrionali mnp noerdlichemarianen noordelijkemarianen
nordlichemarianen nordmarianene nordmarianerna nordmarianerne northernmarianaislands
pohjoismariaanit северныемарианскиеова หมู่เกาะนอร์เทิร์นมาเรียนา 북마리아나제도 北マリアナ諸島 北馬利安納群島
北马里亚纳群岛; MQ martinica martinique mtq мартиника มาร์ตินีก 마르티니크 マルティニーク 馬丁尼克 马提尼克; MR
islamicrepublicmauritania mauretanien mauritania mauritanie mrt мавритания موريتانيا มอริเตเนีย
모리타니 モーリタニア 毛里塔尼亚 茅利塔尼亞; MS montserrat msr монтсеррат มอนต์เซอร์รัต 몬트세라트 モントセラト 蒙哲臘
蒙特塞拉特; MT malta malte mlt republicmalta мальта มอลตา 몰타 マルタ 馬爾他 马耳他; MU maurice mauricio
mauritius moris mus republicmauritius маврикии มอริเชียส 모리셔스 モーリシャス 模里西斯 毛里求斯; MV maldivas
maldive maldiven maldivene maldiverna maldiverne maldives malediivit malediven mdv republicmaldives
мальдивы มัลดีฟส์ 몰디브 モルディブ 馬爾地夫 马尔代夫; MW malaui malawi mwi republicmalawi малави มาลาวี
말라위 マラウイ 馬拉威 马拉维; MX estadosunidosmexicanos mejico meksiko messico mex mexico mexiko mexique
unitedmexicanstates мексика เม็กซิโก 멕시코 メキシコ 墨西哥; MY malaisie malasia malaysia maleisie
malesia mys малаизия มาเลเซีย 말레이시아 マレーシア 馬來西亞 马来西亚; MZ mocambique mosambik moz mozambico
mozambique republicmozambique мозамбик โมซัมบิก 모잠비크 モザンビーク 莫三比克 莫桑比克; NA nam namibia
namibie republicnamibia намибия นามิเบีย 나미비아 ナミビア 納米比亞 纳米比亚; NC ncl neukaledonien
newcaledonia nieuwcaledonie nouvellecaledonie novacaledonia nuevacaledonia nuovacaledonia
nyakaledonien nycaledonia nykaledonien uusikaledonia новаякаледония นิวแคลิโดเนีย 뉴칼레도니아
ニューカレドニア 新喀里多尼亚 新喀里多尼亞; NE ner niger nijar republicniger нигер ไนเจอร์ 니제르 ニジェール 尼日 尼日尔; NF
ilenorfolk ilhanorfolk islanorfolk isolanorfolk nfk norfolk norfolkinsaari norfolkinsel
norfolkisland norfolkoen norfolkon norfolkoya овнорфолк เกาะนอร์ฟอล์ก 노퍽섬 ノーフォーク島 諾福克島 诺福克岛;
NG federalrepublicnigeria naijiria nga nigeria нигерия ไนจีเรีย 나이지리아 ナイジェリア 奈及利亞 尼日利亚; NI
nic nicaragua republicnicaragua никарагуа นิการากัว 니카라과 ニカラグア 尼加拉瓜; NL alankomaat holland
kingdomnetherlands nederlaenderna nederlan nederland nederlandene nederlanderna netherlands
netherlandskingdom niederlande nld paesibassi paisesbaixos paisesbajos paisesbajosreinolos paysbas
paysbasroyaumedes нидерланды เนเธอร์แลนด์ 네덜란드 オランダ 荷兰 荷蘭; NO kingdomnorway noorwegen nor
noreg norga norge norja noruega norvege norvegia norway norwegen норвегия นอร์เวย์ 노르웨이 ノルウェー
挪威; NP nepal npl непал नेपाल เนปาล 네팔 ネパール 尼泊尔 尼泊爾; NR nauru nru republicnauru науру นาอูรู
나우루 ナウル 瑙鲁 諾魯; NU nioue niu niue ниуэ นีอูเอ 니우에 ニウエ 紐埃島 纽埃; NZ aotearoa
aotearoadanovazelandia aotearoaneuseeland aotearoanewzealand aotearoanieuwzeeland
aotearoanouvellezelande aotearoanuevazelanda aotearoanyazeeland neuseeland newzealand nieuwzeeland
nouvellezelande novazelandia nuevazelanda nuevazelandia nuovazelanda nuovazelandaaotearoa
nyazeeland nzl uusiseelanti аотеароановаязеландия новаязеландия นิวซีแลนด์ เอาเตอารัวนิวซีแลนด์
뉴질랜드 アオテアロアニュージーランド ニュージーランド 新西兰 紐西蘭; OM oma oman omn sultanateoman оман عمان โอมาน 오만
オマーン 阿曼; PA pan panama republicpanama панама ปานามา 파나마 パナマ 巴拿馬 巴拿马; PE per perou peru
republicperu перу เปรู 페루 ペルー 秘魯 秘鲁; PF franskapolynesien franskpolynesia franskpolynesien
franspolynesie franzoesischpolynesien franzosischpolynesien frenchpolynesia polinesiafrancesa
polinesiafrancese polynesiefrancaise pyf ranskanpolynesia tahiti французскаяполинезия
เฟรนช์โปลินีเซีย 프랑스령폴리네시아 仏領ポリネシア 法属波利尼西亚 法屬玻里尼西亞; PG independentstatepapuanewguinea
papoeanieuwguinea papouasienouvelleguinee papuaneuguinea papuanewguinea papuaniugini papuanovaguine
papuanuevaguinea papuanuovaguinea papuanyaguinea papuanyguinea papuauusiguinea png папуановаягвинея
ปาปัวนิวกินี 파푸아뉴기니 パプアニューギニア 巴布亚新几内亚 巴布亞紐幾內亞; PH filipijnen filipinas filippiinit
filippine filippinene filippinerna filippinerne philippinen philippines phl pilipinas
republicphilippines филиппины ฟิลิปปินส์ 필리핀 フィリピン 菲律宾 菲律賓; PK islamicrepublicpakistan pak
pakistan paquistao пакистан پاکستان ปากีสถาน 파키스탄 パキスタン 巴基斯坦; PL lenkija pol poland polen
pologne polonia polska puola republicpoland польша โปแลนด์ 폴란드 ポーランド 波兰 波蘭; PM
saintpierreemiquelon saintpierreenmiquelon saintpierreetmiquelon saintpierrejamiquelon
saintpierremiquelon saintpierreogmiquelon saintpierreundmiquelon sanpedromiquelon saopedroemiquelao
spm stpierreochmiquelon сенпьеримикелон แซงปีแยร์และมีเกอลง 생피에르미클롱 サンピエール島ミクロン島
圣皮埃尔和密克隆群岛 聖皮埃與密克隆群島; PN ilespitcairn ilhaspitcairn islaspitcairn isolepitcairn pcn pitcairn
pitcairneilanden pitcairninseln pitcairnislands pitcairnoarna pitcairnoearna pitcairnoyene
овапиткэрн หมู่เกาะพิตแคร์น 핏케언제도 ピトケアン諸島 皮特凯恩群岛 皮特肯群島; PR portorico pri puertorico
пуэрторико เปอร์โตริโก 푸에르토리코 プエルトリコ 波多黎各; PS detpalestinskeomradet estadopalestina
estadopalestinael etatpalestine etatpalestinel occupiedpalestinianterritory palaestina
palaestinensischeautonomiegebiete palaestinensiskeomrader palastina
palastinensischeautonomiegebiete palestiina palestiinalaisalue palestijnsegebieden palestina
palestine palestinestate palestinianterritories palestinianterritory palestinianterritoryoccupied
palestinskaterritorierna pse statepalestine territoirespalestiniens territoriospalestinos
territoripalestinesi палестина палестинскиетерритории الاراضيالفلسطينية فلسطين ดินแดนปาเลสไตน์
ปาเลสไตน์ 팔레스타인 팔레스타인지구 パレスチナ パレスチナ自治区 巴勒斯坦 巴勒斯坦自治區 巴勒斯坦领土; PT portogallo
portugal portugali portugueserepublic prt португалия โปรตุเกส 포르투갈 ポルトガル 葡萄牙; PW palaos
palau plw republicpalau палау ปาเลา 팔라우 パラオ 帕劳 帛琉; PY paraguai paraguay pry republicparaguay
парагваи ปารากวัย 파라과이 パラグアイ 巴拉圭; QA catar katar qat qatar stateqatar катар قطر กาตาร์ 카타르
カタール 卡塔尔 卡達; RE reu reuniao reunion riunione реюньон เรอูนียง 레위니옹 レユニオン 留尼旺 留尼汪; RO roemenie
romania romenia rou roumanie rumaenien rumania rumanien румыния โรมาเนีย 루마니아 ルーマニア 罗马尼亚 羅馬尼亞;
RS republicserbia serbia serbie serbien servia servie srb srbija srbsko szerbia сербия сербія
србија เซอร์เบีย 세르비아 セルビア 塞尔维亚 塞爾維亞; RU federacionrusia federationrussie rus rusia rusland
russia russianfederation russie russland ryssland venaejae venaja арассыыиа ородулас росси россия
россияфедерациязы русија рәсәи รัสเซีย 러시아 ロシア 俄罗斯 俄羅斯; RW republicrwanda ruanda rwa rwanda
urwanda руанда รวันดา 르완다 ルワンダ 卢旺达 盧安達; SA arabiasaudi arabiasaudita arabiesaoudite
kingdomsaudiarabia ksa saoediarabie sau saudiarabia saudiarabien саудовскаяаравия
المملكةالعربيةالسعودية ซาอุดีอาระเบีย 사우디아라비아 サウジアラビア 沙烏地阿拉伯 沙特阿拉伯; SB ilessalomon
ilhassalomao islassalomon isolesalomone salomonen salomonoarna salomonoearna salomonoerne
salomonoyene salomonsaaret salomonseilanden slb solomonaelan solomonislands соломоновыова
หมู่เกาะโซโลมอน 솔로몬제도 ソロモン諸島 所罗门群岛 索羅門群島; SC republicseychelles seicheles seychellen
seychellene seychellerna seychellerne seychelles seychellit syc сеишельскиеова เซเชลส์ 세이셸
セーシェル 塞席爾 塞舌尔; SD republicsudan sdn soedan soudan sudan sudao судан السودان ซูดาน 수단 スーダン 苏丹
蘇丹; SE kingdomsweden ruotsi schweden suecia suede sverige svezia swe sweden zweden швеция สวีเดน
스웨덴 スウェーデン 瑞典; SG republicsingapore sgp singapore singapour singapur singapura сингапур
சிங்கப்பூர் สิงคโปร์ 싱가포르 シンガポール 新加坡; SH ascensiontristandacunhasainthelena saintehelene
sainthelena sainthelenaascensiontristandacunha santaelena santahelena santelena shn sinthelena
sthelena овсвелены เซนต์เฮเลนา 세인트헬레나 セントヘレナ 圣赫勒拿 聖赫勒拿島; SI eslovenia republicslovenia
slovenia slovenie slovenien slovenija slowenien svn zlovenia словения สโลวีเนีย 슬로베니아 スロベニア
斯洛文尼亚 斯洛維尼亞; SJ huippuvuoretjajanmayen ilessvalbardetjanmayen islassvalbardjanmayen sjm
spitsbergenenjanmayen spitzbergenundjanmayen svalbardejanmayen svalbardetjanmayen svalbardjanmayen
svalbardjanmayenislands svalbardochjanmayen svalbardogjanmayen шпицбергениянмаиен
สฟาลบาร์และยานไมเอน 스발바르제도얀마웬섬 スバールバル諸島ヤンマイエン島 挪威屬斯瓦巴及尖棉 斯瓦尔巴和扬马延; SK eslovaquia
slovacchia slovakia slovakien slovakiet slovakrepublic slovaquie slovensko slowakei slowakije svk
словакия สโลวะเกีย 슬로바키아 スロバキア 斯洛伐克; SL republicsierraleone serraleoa sierraleona
sierraleone sle сьерралеоне เซียร์ราลีโอน 시에라리온 シエラレオネ 塞拉利昂 獅子山; SM republicsanmarino
saintmarin sanmarino smr санмарино ซานมาริโน 산마리노 サンマリノ 圣马力诺 聖馬利諾; SN republicsenegal sen
senegaal senegal сенегал เซเนกัล 세네갈 セネガル 塞內加爾 塞内加尔; SO federalrepublicsomalia som somalia
somalie soomaaliya сомали الصومال โซมาเลีย 소말리아 ソマリア 索馬利亞 索马里; SR republicsuriname sur surinam
suriname суринам ซูรินาเม 수리남 スリナム 苏里南 蘇利南; SS etelaesudan etelasudan republicsouthsudan
sorsudan soudandusud southsudan ssd sudandelsur sudaodosul sudsudan suedsudan sydsudan zuidsoedan
южныисудан ซูดานใต้ 남수단 南スーダン 南苏丹 南蘇丹; ST democraticrepublicsaotomeprincipe santotomeprincipe
saotomeenprincipe saotomeeprincipe saotomeetprincipe saotomejaprincipe saotomeochprincipe
saotomeogprincipe saotomeprincipe saotomeundprincipe stp сантомеипринсипи เซาตูเมและปรินซิปี
상투메프린시페 サントメプリンシペ 圣多美和普林西比 聖多美普林西比; SV elsalvador republicelsalvador salvador slv
сальвадор เอลซัลวาดอร์ 엘살바도르 エルサルバドル 萨尔瓦多 薩爾瓦多; SX saintmartinpartieneerlandaise
sanmartinparteholandesa sintmaarten sintmaartendutchpart sxm синтмартен ซินต์มาร์เทน 신트마르턴
シントマールテン 荷属圣马丁 荷屬聖馬丁; SY republicaarabesiria republiquearabesyrienne siria syr syria
syrianarabrepublic syrie syrien syyria сирия سوريا ซีเรีย 시리아 シリア 叙利亚 敘利亞; SZ essuatini esuatini
eswatini kingdomeswatini regnodieswatini suazilandia swasiland swaziland swazimaa swz свазиленд
эсватини สวาซิแลนด์ เอสวาตีนี 스와질란드 에스와티니 エスワティニ スワジランド 史瓦帝尼 史瓦濟蘭 斯威士兰; TC
ilesturquesetcaiques ilhasturcasecaicos islasturcascaicos isoleturksecaicos tca turkscaicosislands
turksencaicoseilanden turksjacaicossaaret turksochcaicosoarna turksochcaicosoearna
turksogcaicosoerne turksogcaicosoyene turksundcaicosinseln терксикаикос
หมู่เกาะเติกส์และหมู่เกาะเคคอส 터크스케이커스제도 タークスカイコス諸島 土克斯及開科斯群島 特克斯和凯科斯群岛; TD chad chade
ciad republicchad tcd tchad tsad tschad tsjaad tsjad чад تشاد ชาด 차드 チャド 乍得 查德; TF atf
fransegebiedeninzuidelijkeindischeoceaan franskasydterritorierna
franskebesiddelseridetsydligeindiskeoceanogantarktis franskesorterritorier
franzoesischesuedundantarktisgebiete franzosischesudundantarktisgebiete frenchsouthernterritories
ranskanetelaeisetjaantarktisetalueet ranskanetelaisetjaantarktisetalueet terreaustralifrancesi
terresaustralesfrancaises territoriolastierrasaustralesfrancesas territoriosaustralesfranceses
territoriosfrancesesdosul французскиеюжныетерритории เฟรนช์เซาเทิร์นเทร์ริทอรีส์
프랑스령남방지역 仏領極南諸島 法属南部领地 法屬南部屬地; TG tgo togo togoleserepublic того โตโก 토고 トーゴ 多哥; TH
kingdomthailand siam tailandia tha thailand thailande thailandia thaimaa таиланд ไทย 태국 タイ 泰国
泰國; TJ republictajikistan tadjikistan tadjiquistao tadschikistan tadsjikistan tadzikistan
tadzjikistan tagikistan tajikistan tayikistan tjk таджикистан тоҷикистон ทาจิกิสถาน 타지키스탄
タジキスタン 塔吉克 塔吉克斯坦; TK tkl tokelaou tokelau tokelauoarna tokelauoearna токелау โตเกเลา 토켈라우
トケラウ 托克劳 托克勞群島; TL democraticrepublictimorleste democratischerepubliekoosttimor easttimor itaetimor
itatimor oesttimor oosttimor osttimor republicademocraticatimorleste timorest timorleste
timororiental tls восточныитимор тиморлесте ติมอร์ตะวันออก ติมอร์เลสเต 동티모르 티모르레스테 东帝汶
東チモール 東ティモール 東帝汶; TM tkm tuerkmenistan turcomenistao turkmenistan туркменистан เติร์กเมนิสถาน
투르크메니스탄 トルクメニスタン 土库曼斯坦 土庫曼; TN republictunisia tun tunesie tunesien tunez tunisia tunisie
tunisien тунис تونس ตูนิเซีย 튀니지 チュニジア 突尼斯 突尼西亞; TO kingdomtonga ton tonga тонга ตองกา 통가
トンガ 東加 汤加; TR republicturkey tuerkei tuerkiye tur turchia turkei turkey turkiet turkije turkiye
turkki turquia turquie tyrkia tyrkiet турция ตุรกี ทูร์เคีย 튀르키예 テュルキエ トルコ 土耳其; TT
republictrinidadtobago trinidadentobago trinidadetobago trinidadjatobago trinidadochtobago
trinidadogtobago trinidadtabago trinidadtobago trinidadundtobago triniteettobago tto
тринидадитобаго ตรินิแดดและโตเบโก 트리니다드토바고 トリニダードトバゴ 千里達及托巴哥 特立尼达和多巴哥; TV tuv tuvalu
тувалу ตูวาลู 투발루 ツバル 吐瓦魯 图瓦卢; TW chinesetaipei republicchina taiwan taiwanprovincechina
taiwanroc twn таивань ไต้หวัน 대만 台湾 台灣; TZ republicaunidatanzania republiqueunietanzanie
tansania tanzania tanzaniaunitedrepublic tanzanie tza unitedrepublictanzania танзания แทนซาเนีย
탄자니아 タンザニア 坦尚尼亞 坦桑尼亚; UA oekraine ucraina ucrania ukr ukraina ukraine украина украіна ยูเครน
우크라이나 ウクライナ 乌克兰 烏克蘭; UG oeganda ouganda republicuganda uga uganda уганда ยูกันดา 우간다
ウガンダ 乌干达 烏干達; UM amerikanischeuberseeinseln amerikanischeueberseeinseln amerikanskeoversoiskeoer
ilesmineureseloigneesdesetatsunis ilhasmenoresdistantesdoseua islasmenoresalejadaseeuu
islasmenoresalejadasestadosunidos isoleminoriesternedeglistatiuniti
kleineafgelegeneilandenvanverenigdestaten umi unitedstatesminoroutlyingislands usasytreoyer
usasyttreoar usasyttreoear usminoroutlyingislands usoutlyingislands yhdysvaltainerillissaaret
внешниемалыеовасша หมู่เกาะรอบนอกของสหรัฐอเมริกา 미국령해외제도 合衆国領有小離島 美国本土外小岛屿 美國本土外小島嶼; US
amelikahuipuia americaunitedstates eeuu estadosunidos estadosunidosamerica etatsunis
etatsunisdamerique eua statiuniti statiunitidamerica unitedstates unitedstatesamerica
unitedstatesus unitedstatesusa us usa usaunitedstates vereinigtestaaten vereinigtestaatenvonamerika
verenigdestaten vs yhdysvallat соединенныештаты сша สหรัฐอเมริกา สหรัฐฯ 미국 アメリカ アメリカ合衆国 美国 美國;
UY easternrepublicuruguay uruguai uruguay ury уругваи อุรุกวัย 우루과이 ウルグアイ 乌拉圭 烏拉圭; UZ
oezbekistan ouzbekistan ozbekiston republicuzbekistan usbekistan uzb uzbekistan uzbequistao
узбекистан узбекистон อุซเบกิสถาน 우즈베키스탄 ウズベキスタン 乌兹别克斯坦 烏茲別克; VA cidadedovaticano
cittadelvaticano ciudaddelvaticano etatciteduvatican holysee holyseevaticancitystate saintsiege
saintsiegele santasede vat vaticaanstad vatican vaticancity vaticancitystate vaticano vatikaani
vatikan vatikanstadt vatikanstaten ватикан นครวาติกัน 바티칸시국 バチカン市国 梵蒂冈 梵蒂岡; VC saintvincent
saintvincentegrenadine saintvincentengrenadines saintvincentetlesgrenadines saintvincentgrenadines
saintvincentjagrenadiinit saintvincentoggrenadinene saintvincentoggrenadinerne
saintvincentunddiegrenadinen sanvicentelasgranadinas saovicenteegranadinas stvincentochgrenadinerna
vct сентвинсентигренадины เซนต์วินเซนต์และเกรนาดีนส์ 세인트빈센트그레나딘
セントビンセント及びグレナディーン諸島 圣文森特和格林纳丁斯 聖文森及格瑞那丁; VE bolivarianrepublicvenezuela ven venezuela
venezuelabolivarianrepublic venezuelarepublicabolivariana venezuelarepubliquebolivariennedu
венесуэла เวเนซุเอลา 베네수엘라 ベネズエラ 委內瑞拉 委内瑞拉; VG britischejungferninseln britishvirginislands
britiskejomfruoer britiskejomfruoyene britsemaagdeneilanden brittilaeisetneitsytsaaret
brittilaisetneitsytsaaret brittiskajungfruoarna brittiskajungfruoearna bvi ilesviergesbritanniques
ilhasvirgensbritanicas islasvirgenesbritanicas isoleverginibritanniche vgb virginislandsbritish
виргинскиеовавеликобритания หมู่เกาะบริติชเวอร์จิน 영국령버진아일랜드 英属维尔京群岛 英屬維京群島
英領ヴァージン諸島; VI amerikaansemaagdeneilanden amerikanischejungferninseln amerikanskajungfruoarna
amerikanskajungfruoearna amerikanskejomfruoer amerikanskejomfruoyene ilesviergesamericaines
ilesviergesdesetatsunis ilhasvirgensamericanas islasvirgeneseeuu islasvirgeneslosestadosunidos
isoleverginiamericane unitedstatesvirginislands usvi usvirginislands vir virginislandsus
yhdysvaltainneitsytsaaret виргинскиеовасша หมู่เกาะเวอร์จินของสหรัฐอเมริกา 미국령버진아일랜드
米領ヴァージン諸島 美属维尔京群岛 美屬維京群島; VN socialistrepublicvietnam vietna vietnam vnm вьетнам เวียดนาม 베트남
ベトナム 越南; VU republicvanuatu vanuatu vut вануату วานูอาตู 바누아투 バヌアツ 瓦努阿图 萬那杜; WF
ileswallisetfutuna islaswallisfutuna wallisefutuna wallisenfutuna wallisetfutuna wallisfutuna
wallisfutunaislands wallisjafutuna wallisochfutunaoarna wallisochfutunaoearna wallisogfutuna
wallisundfutuna wlf уоллисифутуна วาลลิสและฟุตูนา 왈리스푸투나제도 ウォリスフツナ 瓦利斯和富图纳 瓦利斯群島和富圖那群島; WS
independentstatesamoa samoa wsm самоа ซามัว 사모아 サモア 萨摩亚 薩摩亞; XK kosova kosove kosovo
republickosovo xkk косово โคโซโว 코소보 コソボ 科索沃; YE iemen jemen republicyemen yem yemen иемен
اليمن เยเมน 예멘 イエメン 也门 葉門; YT mayotte myt маиотта มายอต 마요트 マヨット 馬約特島 马约特; ZA aforikaborwa
africadosul afrikaborwa afriquedusud emzantsiafrika etelaafrikka etelaeafrikka iningizimuafrika
republicsouthafrica rsa sorafrika southafrica sudafrica sudafrika suedafrika suidafrika sydafrika
zaf zuidafrika южноафриканскаяреспублика แอฟริกาใต้ 남아프리카 南アフリカ 南非; ZM republiczambia sambia
zambia zambie zmb замбия แซมเบีย 잠비아 ザンビア 尚比亞 赞比亚; ZW republiczimbabwe simbabwe zimbabue
zimbabwe zwe зимбабве ซิมบับเว 짐바브웨 ジンバブエ 津巴布韦 辛巴威
"""
"""Each country with the folded spellings of its name, alpha-3 code among them."""

SHARED = """
america US AS; britishisles GB IE; congo CD CG; corea KP KR; coree KP KR; coreia KP KR; guiana GF
GY; guyaneguyana GF GY; konga CD CG; kongo CD CG; korea KP KR; saintmartinisland SX MF; virginis VG
VI; virginisland VG VI; virginislands VG VI
"""
"""Spellings that stand for two countries, with both."""

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
