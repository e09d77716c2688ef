"""Write the tables of country, region and language names in src/leadroute/model.

Usage: python .ci/values.py CLDR_FOLDER COUNTRY_CODES_CSV

The folder holds an extract of Unicode CLDR 48 (Unicode-3.0): territories_*.json, subdivisions_*.json,
languages_*.json and alpha3.json. The CSV is datahub.io's country-codes, in the public domain. Spellings
that neither has are in ALIASES and the lists beside it. A key that two countries share is left out,
unless AMBIGUOUS names it: then both are named when somebody writes it.
"""

import csv
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from textwrap import fill

# The path begins with this folder, whose copy.py would stand in for the one of Python.
sys.path[0] = str(Path(__file__).parents[1] / "src")
from leadroute.model.geography import COUNTRIES, fold  # noqa: E402 - after the path

MODEL = Path(__file__).parents[1] / "src" / "leadroute" / "model"
HEAD = '''"""{title}, written by .ci/values.py; do not edit.

Source: Unicode CLDR 48.2, Copyright 1991-2025 Unicode, Inc., licensed under Unicode-3.0 (LICENSE.unicode){more}.
"""
'''

# The French and the Spanish lists of the UN write "Afghanistan (l')".
ARTICLE = re.compile(r" \((l.|la|le|les|el|los|las|the)\)\*?$", re.IGNORECASE)
LETTERS = re.compile(r"[a-z]{2}")
CSV_NAMES = (
    "official_name_en",
    "official_name_fr",
    "official_name_es",
    "UNTERM English Short",
    "UNTERM English Formal",
    "UNTERM French Short",
    "UNTERM Spanish Short",
    "CLDR display name",
    "ISO4217-currency_country_name",
)
# Written by people and CRMs, and in neither source.
COUNTRY_ALIASES = """
AE UAE, Emirates, U.A.E.; AX Aland; BA Bosnia, Bosnia-Hercegovina; BN Brunei Darussalam; BO Bolivia
(Plurinational State of); CD DR Congo, DRC, D.R. Congo, Congo DRC, Congo-Kinshasa, Zaire, Democratic Republic of
Congo, Congo (Democratic Republic of the); CD Congo (The Democratic Republic of the), Congo (Kinshasa), Congo
(Dem. Rep.), Congo (Democratic Republic); CG Republic of the Congo, Congo Republic, Congo-Brazzaville, Congo
(Brazzaville), Congo (Republic of the), Congo (Rep.); CI Ivory Coast, Cote d'Ivoire; CN PRC, P.R. China,
People's Republic of China, Mainland China, China (People's Republic of); CN China (PRC), PR China; CV Cape
Verde; CZ Czech Republic, Czechia, Ceska republika, Česká republika; DE BRD, Federal Republic of Germany,
Bundesrepublik Deutschland; DK Kingdom of Denmark; ES Kingdom of Spain, España; FK Falkland Islands, Malvinas,
Falkland Islands (Malvinas); FM Micronesia (Federated States of); FR French Republic, Republique francaise,
Metropolitan France; GB Great Britain, Britain, England, Scotland, Wales, Northern Ireland, U.K., UK, VK, G.B.,
United Kingdom of Great Britain; GB United Kingdom (UK), UK (United Kingdom), United Kingdom of Great Britain
and Northern Ireland; GM Gambia; GR EL, Hellas, Hellenic Republic; HK Hong Kong, Hong Kong SAR, Hong Kong
S.A.R., Hongkong; HM Heard Island and McDonald Islands; ID Republic of Indonesia; IE Republic of Ireland, Eire;
IR Iran (Islamic Republic of), Persia; KP North Korea, DPRK, D.P.R. Korea; KP Korea (North), Korea DPR, Korea
(Dem. People's Rep.), Korea (Democratic People's Republic of); KR South Korea, Republic of Korea, Korea (South),
ROK, Korea (Rep.), Korea (Republic of), S. Korea; LA Laos, Lao PDR, Lao; LY Libya, Libyan Arab Jamahiriya; MD
Moldova (Republic of), Republic of Moldova; MF Saint Martin (French part); MK Macedonia, FYROM, F.Y.R.O.M.,
Republic of North Macedonia, North Macedonia; MK Macedonia (the former Yugoslav Republic of), Macedonia (FYROM),
The former Yugoslav Republic of Macedonia; MM Burma, Myanmar, Union of Myanmar; MO Macau, Macao, Macau SAR,
Macao SAR, Macao S.A.R.; MX Estados Unidos Mexicanos, Mejico; NL Holland, The Netherlands, Netherlands (Kingdom
of the), Kingdom of the Netherlands; NO Kingdom of Norway; NZ Aotearoa; PS Palestine (State of), Palestine,
Palestinian Territory, Palestinian Territory (Occupied); PS Occupied Palestinian Territory, Palestinian
Territories, State of Palestine; RE Reunion; RU Russia, Russian Federation; SA KSA, K.S.A., Kingdom of Saudi
Arabia; SE Kingdom of Sweden; SH Saint Helena, Saint Helena (Ascension and Tristan da Cunha); SX Sint Maarten
(Dutch part); SY Syria, Syrian Arab Republic; SZ Swaziland, Eswatini, Kingdom of Eswatini; TL East Timor,
Timor-Leste; TR Turkey, Turkiye, Republic of Turkey; TW Taiwan (Province of China), Taiwan, Taiwan ROC, Taiwan
(ROC), Chinese Taipei, Republic of China; TZ Tanzania (United Republic of); US USA, U.S., U.S.A., United States
(US), United States (USA), America (United States of); US USA (United States), US of A, Estados Unidos de
America, Etats-Unis d'Amerique, Vereinigte Staaten von Amerika, Stati Uniti d'America; US EE.UU., EEUU, EUA,
E.U.A., VS; VA Vatican, Holy See (Vatican City State), Holy See, Vatican City State, Vatikan, Vaticano; VC Saint
Vincent and the Grenadines, St. Vincent; VE Venezuela (Bolivarian Republic of); VG British Virgin Islands,
Virgin Islands (British), BVI; VI U.S. Virgin Islands, US Virgin Islands, Virgin Islands (U.S.), United States
Virgin Islands, USVI; VN Viet Nam, Vietnam, Socialist Republic of Vietnam; XK Kosovo, Kosova, Republic of
Kosovo; ZA RSA, Republic of South Africa, Suid-Afrika; CH Swiss Confederation, Schweizerische Eidgenossenschaft;
BY Belarus, Byelorussia, Republic of Belarus; LK Ceylon; TH Siam; BR Brasil, Federative Republic of Brazil,
Estados Unidos do Brasil; KG Kirghizia, Kyrgyz Republic; AT Republic of Austria; BF Upper Volta; BJ Dahomey; IN
Bharat, Republic of India, Hindustan; JP Nippon, Nihon; AU Commonwealth of Australia; PF Tahiti; UM US Minor
Outlying Islands, U.S. Outlying Islands; IM Isle of Man; GE Sakartvelo; AM Hayastan; AL Shqiperia
"""
# What no country alone is called; the remedy names both.
AMBIGUOUS = """
CD CG Congo, Kongo, Kongó, Konga; KP KR Korea, Corea, Corée, Coreia; VG VI Virgin Islands, Virgin Is., Virgin
Island; GF GY Guiana, Guyane-Guyana; US AS America; GB IE British Isles; SX MF St. Martin Island
"""
LANGUAGE_ALIASES = """
en-US English US, English USA, American English, US English, English (American); en-GB English UK, British
English; en-GB English (British), UK English; de Deutsch, German; de-AT Austrian German, German Austrian; de-CH
Swiss High German, Swiss Standard German; gsw Swiss German, Schweizerdeutsch, Schwiizertüütsch; zh Chinese,
Mandarin, Mandarin Chinese, Putonghua, 中文, 汉语, 漢語, 普通话,
普通話; zh-Hans Simplified Chinese, Chinese Simplified,
简体中文; zh-Hant
Traditional Chinese, Chinese Traditional, 繁體中文, 繁体中文; yue Cantonese, Chinese Cantonese, 粵語, 粤语,
廣東話; es Spanish, Castilian, Castellano, Espanol, Spanish Castilian; es-419 Latin American Spanish, Spanish Latin
American, LATAM Spanish; es-ES European Spanish, Spanish European, Iberian Spanish; pt Portuguese; pt-BR
Brazilian Portuguese, Portuguese Brazilian, Brazilian; pt-PT European Portuguese, Portuguese European; fr-CA
Canadian French, French Canadian, Quebec French; fr-CH Swiss French; it-CH Swiss Italian; nl Dutch, Nederlands,
Hollands; nl-BE Flemish, Vlaams, Belgian Dutch, Dutch Flemish; ca Catalan, Valencian, Catalan Valencian; no
Norwegian, Norsk; nb Norwegian Bokmål, Bokmål, Bokmal; nn Norwegian Nynorsk, Nynorsk; he Hebrew, Ivrit; yi
Yiddish; id Indonesian, Bahasa Indonesia, Bahasa; ms Malay, Bahasa Melayu, Bahasa Malaysia; fil Filipino,
Tagalog, Pilipino; fa Persian, Farsi; fa-AF Dari; el Greek, Modern Greek, Ellinika; sr Serbian; sr-Latn Serbian
Latin, Srpski; hr Croatian; bs Bosnian; ro Romanian, Moldavian, Moldovan, Rumanian; ku Kurdish; pa Punjabi,
Panjabi; or Odia, Oriya; bn Bengali, Bangla; si Sinhala, Sinhalese; km Khmer, Cambodian; lo Lao, Laotian; my
Burmese, Myanmar; ht Haitian Creole, Haitian, Kreyol; ga Irish, Irish Gaelic; gd Scottish Gaelic; ug Uyghur,
Uighur; ky Kyrgyz, Kirghiz; az Azerbaijani, Azeri; ps Pashto, Pushto; lb Luxembourgish, Luxemburgish,
Letzeburgesch; be Belarusian, Belorussian; sl Slovenian, Slovene; tlh Klingon; hi Hindi; ja Japanese; ko Korean;
vi Vietnamese; ckb Central Kurdish, Sorani
"""
# A word for people or a family, and none of one language.
NO_LANGUAGE = """
Serbo-Croatian, Belgian, American, Swiss, Canadian, Multilingual, Multiple languages, Mexican, Austrian, Yugoslavian,
Unknown language, No linguistic content, Root, Indian, Chinook Jargon
"""
REGION_ALIASES = """
US-AK Alas.; US-AL Ala.; US-AR Ark.; US-AZ Ariz.; US-CA Calif., Cal.; US-CO Colo.; US-CT Conn.; US-DE Del.;
US-FL Fla.; US-DC District of Columbia, D.C., Washington D.C., Washington DC, Wash. D.C.; US-HI Hawai'i; US-ID
Ida.; US-IL Ill., Ills.; US-IN Ind.; US-KS Kan., Kans.; US-KY Ky.; US-MA Mass.; US-MI Mich.; US-MN Minn.; US-MS
Miss.; US-MT Mont.; US-NE Neb., Nebr.; US-NV Nev.; US-NH N.H.; US-NJ N.J.; US-NM N.M., N. Mex., New Mex.; US-NY
N.Y., New York State, State of New York; US-OK Okla.; US-OR Ore., Oreg.; US-NC North Car.; US-PA Penn., Penna.;
US-RI R.I.; US-SC South Car.; US-TN Tenn.; US-TX Tex.; US-VA Va.; US-WA Wash., Washington State, State of
Washington; US-WI Wis., Wisc.; US-WV W.Va., W. Va., West Va.; US-WY Wyo.; US-GA Ga.; US-MD Md.; US-MO Mo.; US-LA
La.; US-VT Vt.; US-PR Puerto Rico; US-GU Guam; US-VI U.S. Virgin Islands, Virgin Islands, US Virgin Islands;
US-AS American Samoa; US-MP Northern Mariana Islands, Northern Marianas; US-UM U.S. Outlying Islands, US Minor
Outlying Islands, United States Minor Outlying Islands; CA-AB Alta.; CA-BC B.C., Colombie-Britannique; CA-MB
Man.; CA-NB N.B., Nouveau-Brunswick; CA-NL Newfoundland, Newfoundland & Labrador, Labrador, NF, NFLD, Nfld.,
Terre-Neuve-et-Labrador, Terre-Neuve, LB; CA-NS N.S., Nouvelle-Écosse; CA-NT Territoires du Nord-Ouest, N.W.T.,
NWT; CA-NU Nvt.; CA-ON Ont.; CA-PE PEI, P.E.I., Île-du-Prince-Édouard; CA-QC PQ, P.Q., Que., Québec, QB; CA-SK
Sask.; CA-YT Yukon Territory, Territoire du Yukon, YK; AU-ACT A.C.T., Canberra; AU-NSW N.S.W., NS; AU-NT N.T.,
North. Territory; AU-QLD Qld., QL, Queensland; AU-SA S.A., South Aust.; AU-TAS Tas., Tassie, TS; AU-VIC Vic.,
VI; AU-WA W.A., West Australia, West. Australia; BR-DF Distrito Federal, Brasília, Brasilia; BR-MG Minas; BR-RJ
Rio de Janeiro State, Estado do Rio de Janeiro; BR-SP Sao Paulo State, Estado de São Paulo; BR-RS Rio Grande do
Sul; IN-AN Andaman & Nicobar, Andaman and Nicobar; IN-AP Andhra; IN-CG CT, Chhattisgarh, Chattisgarh,
Chhatisgarh, Chhattīsgarh; IN-DH DN, DD, Dadra and Nagar Haveli and Daman and Diu, Dadra and Nagar Haveli, Daman
and Diu, DNHDD; IN-DL NCT of Delhi, New Delhi, National Capital Territory of Delhi, Delhi NCT, NCT Delhi; IN-JK
J&K, Jammu & Kashmir; IN-OD OR, Orissa, Odisha; IN-PY Pondicherry, Pondichery, PO; IN-TS TG, Telangana,
Telengana; IN-TN Tamilnadu; IN-UK UT, UA, Uttarakhand, Uttaranchal; IN-UP U.P.; IN-MP M.P.; IN-HP H.P.; IN-WB
W.B., Bengal; MX-CMX DF, D.F., DIF, Distrito Federal, Ciudad de México, Mexico City, Mexico D.F., CDMX, México
DF, Federal District; MX-MEX México, Mexico, Estado de México, State of Mexico, Mexico State, Edomex, Edo. Mex.,
Edo. de México, ME, EM; MX-AGU AG, Ags.; MX-BCN BC, BN, Baja California Norte, B.C.; MX-BCS BS, B.C.S.; MX-CAM
CM, Camp.; MX-CHH CH, CI, Chih.; MX-CHP CS, Chis.; MX-COA CO, CU, Coahuila de Zaragoza, Coahuila, Coah.; MX-COL
CL, Col.; MX-DUR DG, DU, Dgo.; MX-GUA GT, GJ, Gto.; MX-GRO GR, GE, Gro.; MX-HID HG, HI, Hgo.; MX-JAL JA, Jal.;
MX-MIC MI, Michoacán de Ocampo, Michoacán, Mich.; MX-MOR MO, Mor.; MX-NAY NA, Nay.; MX-NLE NL, N.L.; MX-OAX OA,
Oax.; MX-PUE PB, PU, Pue.; MX-QUE QT, QE, Querétaro de Arteaga, Querétaro, Qro.; MX-ROO QR, Q. Roo; MX-SIN SI,
Sin.; MX-SLP SL, S.L.P.; MX-SON SO, Son.; MX-TAB TB, TA, Tab.; MX-TAM TM, Tamps.; MX-TLA TL, Tlax.; MX-VER VE,
VL, Veracruz de Ignacio de la Llave, Veracruz-Llave, Veracruz, Ver.; MX-YUC YU, YC, Yuc.; MX-ZAC ZA, Zac.
"""
# CLDR lists the old and the new code; the new one stays.
OLD_REGIONS = {"IN-CT", "IN-OR", "IN-UT", "IN-TG", "IN-DN", "IN-DD", "MX-DIF"}
NEW_REGIONS = ("US-PR", "US-GU", "US-VI", "US-AS", "US-MP", "US-UM")
TABLED = ("AU", "BR", "CA", "IN", "MX", "US")


def listed(text):
    """Yield the code and each name of a list such as ``US America, USA; CA Canada``."""
    for entry in " ".join(text.split()).split(";"):
        code, _, names = entry.strip().partition(" ")
        yield from ((code, name) for name in names.split(", ") if name)


def spellings(name):
    """Yield the keys of a name: as it is, turned round at its comma, and with ae for ä."""
    name = ARTICLE.sub("", name.strip().removesuffix("*"))
    yield fold(name)
    if ", " in name:
        head, _, tail = name.partition(", ")
        yield fold(f"{tail} {head}")
    germanised = name.translate(
        str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ö": "Oe", "Ä": "Ae", "Ü": "Ue"})
    )
    if germanised != name:
        yield fold(germanised)


def read(folder, name):
    """Return a file of the folder."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def country_names(folder, codes):
    """Yield every country with a name of it."""
    for code, name in read(folder, "territories_en").items():
        yield code[:2], name
    for code, names in read(folder, "territories_native").items():
        yield from ((code, name) for each in names.values() for name in each)
    for names in read(folder, "territories_ui16").values():
        yield from ((code[:2], name) for code, name in names.items())
    with codes.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            yield from ((row["ISO3166-1-Alpha-2"], row[column]) for column in CSV_NAMES)


def countries(folder, codes):
    """Return the keys of each country, and those that two share."""
    shared = {fold(name): code for code, name in ambiguous()}
    owners = defaultdict(set)
    for code, name in country_names(folder, codes):
        if code in COUNTRIES:
            for key in spellings(name):
                owners[key].add(code)
    # Two letters are a code, unless people write them often: the French É.-U. are no EU.
    owners = defaultdict(set, {key: of for key, of in owners.items() if not LETTERS.fullmatch(key)})
    for code, alpha3 in read(folder, "alpha3").items():
        owners[fold(alpha3)] = {code}
    said = {fold(name): code for code, name in listed(COUNTRY_ALIASES)}
    owners.update((key, {code}) for key, code in said.items())
    for key in sorted(
        key for key, of in owners.items() if key and len(of) > 1 and key not in shared
    ):
        print("two countries:", key, *owners[key], file=sys.stderr)
    single = {key: next(iter(of)) for key, of in owners.items() if len(of) == 1}
    kept = {
        k: c for k, c in single.items() if k and k not in shared and (k.upper() != c or k in said)
    }
    return kept, shared


def ambiguous():
    """Yield the two codes and the name of what two countries share."""
    for entry in " ".join(AMBIGUOUS.split()).split(";"):
        first, second, names = entry.strip().split(" ", 2)
        yield from ((f"{first} {second}", name) for name in names.split(", "))


def regions(folder):
    """Return the keys of each region of the six countries, and the names that belong to a place elsewhere too."""
    found = defaultdict(dict)
    for each, name in read(folder, "subdivisions_en_six").items():
        code = f"{each[:2].upper()}-{each[2:].upper()}"
        if code not in OLD_REGIONS:
            found[code[:2]][fold(name)] = found[code[:2]][code[3:].lower()] = code
            first, _, rest = name.partition(" ")
            if first in ("North", "South", "West", "East"):
                found[code[:2]][fold(f"{first[0]} {rest}")] = code
    for code in NEW_REGIONS:
        found["US"][code[3:].lower()] = code
    for code, name in listed(REGION_ALIASES):
        for key in filter(None, spellings(name)):
            found[code[:2]].setdefault(key, code)
    return found


def elsewhere(folder, found, named):
    """Return the names of regions that a country or a region of another country has too, with that place."""
    others = defaultdict(set)
    for each, name in read(folder, "subdivisions_en_all").items():
        others[fold(name)].add(f"{each[:2].upper()}-{each[2:].upper()}")
    for own in found.values():
        for key, code in own.items():
            others[key].add(code)
    return {
        key: min((code for code in others[key] if code[:2] != country), default=named.get(key))
        for country, table in sorted(found.items())
        for key in table
        if len(key) > 3 and ({c[:2] for c in others[key]} != {country} or key in named)
    }


def languages(folder):
    """Return the keys of each language, and the three-letter and old tags."""
    refused = {fold(name) for name in NO_LANGUAGE.replace("\n", " ").split(",")}
    names = {}
    english, native = read(folder, "languages_en"), read(folder, "languages_native")
    for tags in (native, english):
        for tag, name in tags.items():
            plain, _, _ = tag.partition("-alt-")
            if "-menu-" not in tag and plain != "und" and plain != "root":
                names[fold(name)] = plain
    for tag, name in listed(LANGUAGE_ALIASES):
        names[fold(name)] = tag
    old = read(folder, "language_aliases")
    tags = {
        old_tag: tag
        for old_tag, tag in old.items()
        if "-" not in old_tag and "und" not in tag and len(tag) < 9
    }
    primary = {tag.partition("-")[0] for tag in (*english, *native)} - {
        "und",
        "root",
        "mul",
        "zxx",
        "mis",
    }
    kept = {key: tags.get(tag, tag) for key, tag in names.items() if key and key not in refused}
    return kept, tags, primary


def table(name, doc, entries):
    """Return a table as Python."""
    lines = fill(entries, 99, break_long_words=False, break_on_hyphens=False)
    return f'\n{name} = """\n{lines}\n"""\n"""{doc}"""\n'


def grouped(keys):
    """Return keys by what they stand for: ``US usa unitedstates; CA can canada``."""
    by_code = defaultdict(list)
    for key, code in sorted(keys.items()):
        by_code[code].append(key)
    return "; ".join(" ".join([code, *found]) for code, found in sorted(by_code.items()))


def write(module, title, tables, more=""):
    """Write a module of tables."""
    text = HEAD.format(title=title, more=more) + "".join(table(*each) for each in tables)
    (MODEL / f"{module}.py").write_text(text, encoding="utf-8")
    print(module, len(text.encode()), "bytes", file=sys.stderr)


def main(folder, codes):
    """Write the two modules."""
    named, shared = countries(folder, codes)
    country_csv = "; datahub.io country-codes, public domain"
    places = [
        (
            "NAMES",
            "Each country with the folded spellings of its name, alpha-3 code among them.",
            grouped(named),
        ),
        (
            "SHARED",
            "Spellings that stand for two countries, with both.",
            "; ".join(f"{key} {both}" for key, both in sorted(shared.items())),
        ),
    ]
    found = regions(folder)
    merged = {
        f"{country} {key}": code for country, table in found.items() for key, code in table.items()
    }
    by_code = defaultdict(list)
    for key, code in sorted(merged.items()):
        by_code[code].append(key.partition(" ")[2])
    places += [
        (
            "REGIONS",
            "Each region with its folded short codes and names.",
            "; ".join(" ".join([code, *keys]) for code, keys in sorted(by_code.items())),
        ),
        (
            "ELSEWHERE",
            "Names of regions that another place of the world has too, with one such place.",
            "; ".join(
                f"{key} {code}" for key, code in sorted(elsewhere(folder, found, named).items())
            ),
        ),
    ]
    title = "The names of countries, and of the states and provinces of six of them"
    write("place_names", title, places, country_csv)
    keys, tags, primary = languages(folder)
    write(
        "language_names",
        "The names and tags of languages",
        [
            ("NAMES", "Each language with the folded spellings of its name.", grouped(keys)),
            (
                "OLD_TAGS",
                "Old and three-letter tags, with the tag that replaces them.",
                "; ".join(f"{k} {v}" for k, v in sorted(tags.items())),
            ),
            ("PRIMARY", "The primary tags that there are.", " ".join(sorted(primary))),
        ],
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
