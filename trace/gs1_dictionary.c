/* The rows were written down from the published dictionary; tests/vectors/set_gs1_dictionary.c names
 * the row that differs when a new release comes. */
#include "trace/gs1_dictionary.h"

#include "trace/charset.h"

/* clang-format off: a row a line */
/* of predefined length or varying; an attribute in a Digital Link's query, or for its path only */
#define FA true, true
#define FP true, false
#define VA false, true
#define VP false, false
#define ONE(ai) ai, ai

#define PART(set, min, max, optional, ...) {set, min, max, optional, {__VA_ARGS__}}
#define N(n, a)             PART('N', n, n, false, GS1_LINT_##a)
#define N_2(n, a, b)        PART('N', n, n, false, GS1_LINT_##a, GS1_LINT_##b)
#define X(n, a)             PART('X', n, n, false, GS1_LINT_##a)
#define TO_N(n, a)          PART('N', 1, n, false, GS1_LINT_##a)
#define TO_X(n, a)          PART('X', 1, n, false, GS1_LINT_##a)
#define TO_X_2(n, a, b)     PART('X', 1, n, false, GS1_LINT_##a, GS1_LINT_##b)
#define TO_X_3(n, a, b, c)  PART('X', 1, n, false, GS1_LINT_##a, GS1_LINT_##b, GS1_LINT_##c)
#define TO_Y(n, a)          PART('Y', 1, n, false, GS1_LINT_##a)
#define TO_Z(n, a)          PART('Z', 1, n, false, GS1_LINT_##a)
#define OPTIONAL_N(n, a)    PART('N', n, n, true, GS1_LINT_##a)
#define OPTIONAL_X(n, a)    PART('X', n, n, true, GS1_LINT_##a)
#define OPTIONAL_TO_N(n, a) PART('N', 1, n, true, GS1_LINT_##a)
#define OPTIONAL_TO_X(n, a) PART('X', 1, n, true, GS1_LINT_##a)
#define FOUR_MORE_COUNTRIES \
    OPTIONAL_N(3, ISO3166), OPTIONAL_N(3, ISO3166), OPTIONAL_N(3, ISO3166), OPTIONAL_N(3, ISO3166)

#define ITEM_OR_LOT "01,02,03,8006,8026"
/* Six digits; the AI's last digit says where the decimal point stands, so only one of a row. */
#define MEASURE(stem, with, title) \
    {stem "0", stem "5", FA, {N(6, PLAIN)}, with, stem "n", NULL, title}
#define PROCESSOR(n) \
    {ONE("703" n), VA, {N(3, ISO3166999), TO_X(27, PLAIN)}, "01,02", NULL, NULL, "PROCESSOR # " n}
#define CERTIFICATE(n, number) \
    {ONE("723" n), VA, {X(2, PLAIN), TO_X(28, PLAIN)}, "01,8004", NULL, NULL, "CERT # " number}

static const struct gs1_entry entries[] = {
    {ONE("00"), FA, {N_2(18, CSUM, GCPPOS2)}, NULL, NULL, "", "SSCC"},
    {ONE("01"), FA, {N_2(14, CSUM, GCPPOS2)}, NULL, "255,37", "22,10,21|235", "GTIN"},
    {ONE("02"), FA, {N_2(14, CSUM, GCPPOS2)}, "37", "01,03", NULL, "CONTENT"},
    {ONE("03"), FP, {N_2(14, CSUM, GCPPOS2)}, NULL, "01,02,37,235", NULL, "MTO GTIN"},
    {ONE("10"), VA, {TO_X(20, PLAIN)}, ITEM_OR_LOT, NULL, NULL, "BATCH/LOT"},
    {ONE("11"), FA, {N(6, YYMMD0)}, ITEM_OR_LOT, NULL, NULL, "PROD DATE"},
    {ONE("12"), FA, {N(6, YYMMD0)}, "8020", NULL, NULL, "DUE DATE"},
    {ONE("13"), FA, {N(6, YYMMD0)}, ITEM_OR_LOT, NULL, NULL, "PACK DATE"},
    {ONE("15"), FA, {N(6, YYMMD0)}, ITEM_OR_LOT, NULL, NULL, "BEST BEFORE or BEST BY"},
    {ONE("16"), FA, {N(6, YYMMD0)}, ITEM_OR_LOT, NULL, NULL, "SELL BY"},
    {ONE("17"), FA, {N(6, YYMMD0)}, "01,02,03,255,8006,8026", NULL, NULL, "USE BY or EXPIRY"},
    {ONE("20"), FA, {N(2, PLAIN)}, ITEM_OR_LOT, NULL, NULL, "VARIANT"},
    {ONE("21"), VP, {TO_X(20, PLAIN)}, "01,03,8006", "235", NULL, "SERIAL"},
    {ONE("22"), VP, {TO_X(20, PLAIN)}, "01", NULL, NULL, "CPV"},
    {ONE("235"), VP, {TO_X(28, PLAIN)}, "01", NULL, NULL, "TPX"},
    {ONE("240"), VA, {TO_X(30, PLAIN)}, ITEM_OR_LOT, NULL, NULL, "ADDITIONAL ID"},
    {ONE("241"), VA, {TO_X(30, PLAIN)}, ITEM_OR_LOT, NULL, NULL, "CUST. PART No."},
    {ONE("242"), VA, {TO_N(6, PLAIN)}, "01,02,8006,8026", NULL, NULL, "MTO VARIANT"},
    {ONE("243"), VA, {TO_X(20, PLAIN)}, "01,03", NULL, NULL, "PCN"},
    {ONE("250"), VA, {TO_X(30, PLAIN)}, "01+21,03+21,8006+21", NULL, NULL, "SECONDARY SERIAL"},
    {ONE("251"), VA, {TO_X(30, PLAIN)}, "01,03,8006", NULL, NULL, "REF. TO SOURCE"},
    {ONE("253"), VA, {N_2(13, CSUM, GCPPOS1), OPTIONAL_TO_X(17, PLAIN)}, NULL, NULL, "", "GDTI"},
    {ONE("254"), VP, {TO_X(20, PLAIN)}, "414", NULL, NULL, "GLN EXTENSION COMPONENT"},
    {ONE("255"), VA, {N_2(13, CSUM, GCPPOS1), OPTIONAL_TO_N(12, PLAIN)}, NULL,
     "01,02,415,8006,8020,8026", "", "GCN"},
    {ONE("30"), VA, {TO_N(8, PLAIN)}, "01,02", NULL, NULL, "VAR. COUNT"},
    MEASURE("310", "01,02", "NET WEIGHT (kg)"),
    MEASURE("311", "01,02", "LENGTH (m)"),
    MEASURE("312", "01,02", "WIDTH (m)"),
    MEASURE("313", "01,02", "HEIGHT (m)"),
    MEASURE("314", "01,02", "AREA (m²)"),
    MEASURE("315", "01,02", "NET VOLUME (l)"),
    MEASURE("316", "01,02", "NET VOLUME (m³)"),
    MEASURE("320", "01,02", "NET WEIGHT (lb)"),
    MEASURE("321", "01,02", "LENGTH (in)"),
    MEASURE("322", "01,02", "LENGTH (ft)"),
    MEASURE("323", "01,02", "LENGTH (yd)"),
    MEASURE("324", "01,02", "WIDTH (in)"),
    MEASURE("325", "01,02", "WIDTH (ft)"),
    MEASURE("326", "01,02", "WIDTH (yd)"),
    MEASURE("327", "01,02", "HEIGHT (in)"),
    MEASURE("328", "01,02", "HEIGHT (ft)"),
    MEASURE("329", "01,02", "HEIGHT (yd)"),
    MEASURE("330", "00,01", "GROSS WEIGHT (kg)"),
    MEASURE("331", "00,01", "LENGTH (m), log"),
    MEASURE("332", "00,01", "WIDTH (m), log"),
    MEASURE("333", "00,01", "HEIGHT (m), log"),
    MEASURE("334", "00,01", "AREA (m²), log"),
    MEASURE("335", "00,01", "VOLUME (l), log"),
    MEASURE("336", "00,01", "VOLUME (m³), log"),
    MEASURE("337", "01", "KG PER m²"),
    MEASURE("340", "00,01", "GROSS WEIGHT (lb)"),
    MEASURE("341", "00,01", "LENGTH (in), log"),
    MEASURE("342", "00,01", "LENGTH (ft), log"),
    MEASURE("343", "00,01", "LENGTH (yd), log"),
    MEASURE("344", "00,01", "WIDTH (in), log"),
    MEASURE("345", "00,01", "WIDTH (ft), log"),
    MEASURE("346", "00,01", "WIDTH (yd), log"),
    MEASURE("347", "00,01", "HEIGHT (in), log"),
    MEASURE("348", "00,01", "HEIGHT (ft), log"),
    MEASURE("349", "00,01", "HEIGHT (yd), log"),
    MEASURE("350", "01,02", "AREA (in²)"),
    MEASURE("351", "01,02", "AREA (ft²)"),
    MEASURE("352", "01,02", "AREA (yd²)"),
    MEASURE("353", "00,01", "AREA (in²), log"),
    MEASURE("354", "00,01", "AREA (ft²), log"),
    MEASURE("355", "00,01", "AREA (yd²), log"),
    MEASURE("356", "01,02", "NET WEIGHT (tr oz)"),
    MEASURE("357", "01,02", "NET VOLUME (oz)"),
    MEASURE("360", "01,02", "NET VOLUME (qt (US))"),
    MEASURE("361", "01,02", "NET VOLUME (gal.)"),
    MEASURE("362", "00,01", "VOLUME (qt (US)), log"),
    MEASURE("363", "00,01", "VOLUME (gal (US)), log"),
    MEASURE("364", "01,02", "NET VOLUME (in³)"),
    MEASURE("365", "01,02", "NET VOLUME (ft³)"),
    MEASURE("366", "01,02", "NET VOLUME (yd³)"),
    MEASURE("367", "00,01", "VOLUME (in³), log"),
    MEASURE("368", "00,01", "VOLUME (ft³), log"),
    MEASURE("369", "00,01", "VOLUME (yd³), log"),
    {ONE("37"), VA, {TO_N(8, PLAIN)}, "00+02,00+8026", NULL, NULL, "COUNT"},
    {"3900", "3909", VA, {TO_N(15, PLAIN)}, "255,8020", "390n,391n,394n,8111", NULL, "AMOUNT"},
    {"3910", "3919", VA, {N(3, ISO4217), TO_N(15, PLAIN)}, "8020", "391n", NULL, "AMOUNT"},
    {"3920", "3929", VA, {TO_N(15, PLAIN)}, "01+30,01+31nn,01+32nn,01+35nn,01+36nn", "392n,393n",
     NULL, "PRICE"},
    {"3930", "3939", VA, {N(3, ISO4217), TO_N(15, PLAIN)}, "30,31nn,32nn,35nn,36nn", "393n", NULL,
     "PRICE"},
    {"3940", "3943", VA, {N(4, PLAIN)}, "255", "394n,8111", NULL, "PRCNT OFF"},
    {"3950", "3955", VA, {N(6, PLAIN)}, "30,31nn,32nn,35nn,36nn", "392n,393n,395n,8005", NULL,
     "PRICE/UoM"},
    {ONE("400"), VA, {TO_X(30, PLAIN)}, NULL, NULL, NULL, "ORDER NUMBER"},
    {ONE("401"), VA, {TO_X(30, GCPPOS1)}, NULL, NULL, "", "GINC"},
    {ONE("402"), VA, {N_2(17, CSUM, GCPPOS1)}, NULL, NULL, "", "GSIN"},
    {ONE("403"), VA, {TO_X(30, PLAIN)}, "00", NULL, NULL, "ROUTE"},
    {ONE("410"), FA, {N_2(13, CSUM, GCPPOS1)}, NULL, NULL, NULL, "SHIP TO LOC"},
    {ONE("411"), FA, {N_2(13, CSUM, GCPPOS1)}, NULL, NULL, NULL, "BILL TO"},
    {ONE("412"), FA, {N_2(13, CSUM, GCPPOS1)}, NULL, NULL, NULL, "PURCHASE FROM"},
    {ONE("413"), FA, {N_2(13, CSUM, GCPPOS1)}, NULL, NULL, NULL, "SHIP FOR LOC"},
    {ONE("414"), FA, {N_2(13, CSUM, GCPPOS1)}, NULL, NULL, "254|7040", "LOC No."},
    {ONE("415"), FA, {N_2(13, CSUM, GCPPOS1)}, "8020", NULL, "8020", "PAY TO"},
    {ONE("416"), FA, {N_2(13, CSUM, GCPPOS1)}, NULL, NULL, NULL, "PROD/SERV LOC"},
    {ONE("417"), FA, {N_2(13, CSUM, GCPPOS1)}, NULL, NULL, "7040", "PARTY"},
    {ONE("420"), VA, {TO_X(20, PLAIN)}, NULL, "421", NULL, "SHIP TO POST"},
    {ONE("421"), VA, {N(3, ISO3166), TO_X(9, PLAIN)}, NULL, "4307", NULL, "SHIP TO POST"},
    {ONE("422"), VA, {N(3, ISO3166)}, ITEM_OR_LOT, "426", NULL, "ORIGIN"},
    {ONE("423"), VA, {N(3, ISO3166), FOUR_MORE_COUNTRIES}, "01,02,03", "426", NULL,
     "COUNTRY - INITIAL PROCESS"},
    {ONE("424"), VA, {N(3, ISO3166)}, "01,02,03", "426", NULL, "COUNTRY - PROCESS"},
    {ONE("425"), VA, {N(3, ISO3166), FOUR_MORE_COUNTRIES}, "01,02,03", "426", NULL,
     "COUNTRY - DISASSEMBLY"},
    {ONE("426"), VA, {N(3, ISO3166)}, "01,02,03", NULL, NULL, "COUNTRY - FULL PROCESS"},
    {ONE("427"), VA, {TO_X(3, PLAIN)}, "01+422,02+422,03+422", NULL, NULL, "ORIGIN SUBDIVISION"},
    {ONE("4300"), VA, {TO_X(35, PCENC)}, "00", NULL, NULL, "SHIP TO COMP"},
    {ONE("4301"), VA, {TO_X(35, PCENC)}, "00", NULL, NULL, "SHIP TO NAME"},
    {ONE("4302"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "SHIP TO ADD1"},
    {ONE("4303"), VA, {TO_X(70, PCENC)}, "4302", NULL, NULL, "SHIP TO ADD2"},
    {ONE("4304"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "SHIP TO SUB"},
    {ONE("4305"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "SHIP TO LOC"},
    {ONE("4306"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "SHIP TO REG"},
    {ONE("4307"), VA, {X(2, ISO3166ALPHA2)}, "00", NULL, NULL, "SHIP TO COUNTRY"},
    {ONE("4308"), VA, {TO_X(30, PLAIN)}, "00", NULL, NULL, "SHIP TO PHONE"},
    {ONE("4309"), VA, {N(10, LATITUDE), N(10, LONGITUDE)}, "00", NULL, NULL, "SHIP TO GEO"},
    {ONE("4310"), VA, {TO_X(35, PCENC)}, "00", NULL, NULL, "RTN TO COMP"},
    {ONE("4311"), VA, {TO_X(35, PCENC)}, "00", NULL, NULL, "RTN TO NAME"},
    {ONE("4312"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "RTN TO ADD1"},
    {ONE("4313"), VA, {TO_X(70, PCENC)}, "4312", NULL, NULL, "RTN TO ADD2"},
    {ONE("4314"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "RTN TO SUB"},
    {ONE("4315"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "RTN TO LOC"},
    {ONE("4316"), VA, {TO_X(70, PCENC)}, "00", NULL, NULL, "RTN TO REG"},
    {ONE("4317"), VA, {X(2, ISO3166ALPHA2)}, "00", NULL, NULL, "RTN TO COUNTRY"},
    {ONE("4318"), VA, {TO_X(20, PLAIN)}, "00", NULL, NULL, "RTN TO POST"},
    {ONE("4319"), VA, {TO_X(30, PLAIN)}, "00", NULL, NULL, "RTN TO PHONE"},
    {ONE("4320"), VA, {TO_X(35, PCENC)}, "00", NULL, NULL, "SRV DESCRIPTION"},
    {ONE("4321"), VA, {N(1, YESNO)}, "00", NULL, NULL, "DANGEROUS GOODS"},
    {ONE("4322"), VA, {N(1, YESNO)}, "00", NULL, NULL, "AUTH TO LEAVE"},
    {ONE("4323"), VA, {N(1, YESNO)}, "00", NULL, NULL, "SIG REQUIRED"},
    {ONE("4324"), VA, {N(6, YYMMD0), N(4, HHMI)}, "00", NULL, NULL, "NOT BEF DEL DT"},
    {ONE("4325"), VA, {N(6, YYMMD0), N(4, HHMI)}, "00", NULL, NULL, "NOT AFT DEL DT"},
    {ONE("4326"), VA, {N(6, YYMMDD)}, "00", NULL, NULL, "REL DATE"},
    {ONE("4330"), VA, {N(6, PLAIN), OPTIONAL_X(1, HYPHEN)}, "00", "4331", NULL, "MAX TEMP F."},
    {ONE("4331"), VA, {N(6, PLAIN), OPTIONAL_X(1, HYPHEN)}, "00", "4330", NULL, "MAX TEMP C."},
    {ONE("4332"), VA, {N(6, PLAIN), OPTIONAL_X(1, HYPHEN)}, "00", "4333", NULL, "MIN TEMP F."},
    {ONE("4333"), VA, {N(6, PLAIN), OPTIONAL_X(1, HYPHEN)}, "00", "4332", NULL, "MIN TEMP C."},
    {ONE("7001"), VA, {N(13, PLAIN)}, "01,02,8006,8026", NULL, NULL, "NSN"},
    {ONE("7002"), VA, {TO_X(30, PLAIN)}, "01,02", NULL, NULL, "MEAT CUT"},
    {ONE("7003"), VA, {N(6, YYMMDD), N(4, HHMI)}, "01,02,03", NULL, NULL, "EXPIRY TIME"},
    {ONE("7004"), VA, {TO_N(4, PLAIN)}, "01+10,03+10", NULL, NULL, "ACTIVE POTENCY"},
    {ONE("7005"), VA, {TO_X(12, PLAIN)}, "01,02", NULL, NULL, "CATCH AREA"},
    {ONE("7006"), VA, {N(6, YYMMDD)}, "01,02", NULL, NULL, "FIRST FREEZE DATE"},
    {ONE("7007"), VA, {N(6, YYMMDD), OPTIONAL_N(6, YYMMDD)}, "01,02", NULL, NULL, "HARVEST DATE"},
    {ONE("7008"), VA, {TO_X(3, PLAIN)}, "01,02", NULL, NULL, "AQUATIC SPECIES"},
    {ONE("7009"), VA, {TO_X(10, PLAIN)}, "01,02", NULL, NULL, "FISHING GEAR TYPE"},
    {ONE("7010"), VA, {TO_X(2, PLAIN)}, "01,02,03", NULL, NULL, "PROD METHOD"},
    {ONE("7011"), VA, {N(6, YYMMDD), OPTIONAL_N(4, HHMI)}, "01,02,03", NULL, NULL, "TEST BY DATE"},
    {ONE("7020"), VA, {TO_X(20, PLAIN)}, "01+416,03+416,8006+416", NULL, NULL, "REFURB LOT"},
    {ONE("7021"), VA, {TO_X(20, PLAIN)}, "01,03,8006", NULL, NULL, "FUNC STAT"},
    {ONE("7022"), VA, {TO_X(20, PLAIN)}, "01+7021,03+7021,8006+7021", NULL, NULL, "REV STAT"},
    {ONE("7023"), VA, {TO_X(30, GCPPOS1)}, NULL, NULL, NULL, "GIAI - ASSEMBLY"},
    PROCESSOR("0"),
    PROCESSOR("1"),
    PROCESSOR("2"),
    PROCESSOR("3"),
    PROCESSOR("4"),
    PROCESSOR("5"),
    PROCESSOR("6"),
    PROCESSOR("7"),
    PROCESSOR("8"),
    PROCESSOR("9"),
    {ONE("7040"), VP, {N(1, PLAIN), X(1, PLAIN), X(1, PLAIN), X(1, IMPORTERIDX)}, NULL, NULL, NULL,
     "UIC+EXT"},
    {ONE("7041"), VP, {TO_X(4, PACKAGETYPE)}, "00", NULL, NULL, "UFRGT UNIT TYPE"},
    {ONE("710"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN PZN"},
    {ONE("711"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN CIP"},
    {ONE("712"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN CN"},
    {ONE("713"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN DRN"},
    {ONE("714"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN AIM"},
    {ONE("715"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN NDC"},
    {ONE("716"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN AIC"},
    {ONE("717"), VA, {TO_X(20, PLAIN)}, "01", NULL, NULL, "NHRN SRN"},
    CERTIFICATE("0", "1"),
    CERTIFICATE("1", "2"),
    CERTIFICATE("2", "3"),
    CERTIFICATE("3", "4"),
    CERTIFICATE("4", "5"),
    CERTIFICATE("5", "6"),
    CERTIFICATE("6", "7"),
    CERTIFICATE("7", "8"),
    CERTIFICATE("8", "9"),
    CERTIFICATE("9", "10"),
    {ONE("7240"), VA, {TO_X(20, PLAIN)}, "01,8006", "03", NULL, "PROTOCOL"},
    {ONE("7241"), VA, {N(2, MEDIATYPE)}, "8017,8018", NULL, NULL, "AIDC MEDIA TYPE"},
    {ONE("7242"), VA, {TO_X(25, PLAIN)}, "8017,8018", NULL, NULL, "VCN"},
    {ONE("7250"), VA, {N(8, YYYYMMDD)}, "8018", "7251", NULL, "DOB"},
    {ONE("7251"), VA, {N(8, YYYYMMDD), N(4, HHMI)}, "8018", "7250", NULL, "DOB TIME"},
    {ONE("7252"), VA, {N(1, ISO5218)}, "8018", NULL, NULL, "BIO SEX"},
    {ONE("7253"), VA, {TO_X(40, PCENC)}, "8017,8018", "7256,7259", NULL, "FAMILY NAME"},
    {ONE("7254"), VA, {TO_X(40, PCENC)}, "8017,8018", "7256,7259", NULL, "GIVEN NAME"},
    {ONE("7255"), VA, {TO_X(10, PLAIN)}, "8017,8018", "7256,7259", NULL, "SUFFIX"},
    {ONE("7256"), VA, {TO_X(90, PCENC)}, "8017,8018", NULL, NULL, "FULL NAME"},
    {ONE("7257"), VA, {TO_X(70, PCENC)}, "8018", NULL, NULL, "PERSON ADDR"},
    {ONE("7258"), VA, {X(3, POSINSEQSLASH)}, "8018+7259", NULL, NULL, "BIRTH SEQUENCE"},
    {ONE("7259"), VA, {TO_X(40, PCENC)}, "8018", "7256", NULL, "BABY"},
    {ONE("8001"), VA, {N(4, NONZERO), N(5, NONZERO), N(3, NONZERO), N(1, WINDING), N(1, PLAIN)},
     "01", NULL, NULL, "DIMENSIONS"},
    {ONE("8002"), VA, {TO_X(20, PLAIN)}, NULL, NULL, NULL, "CMT No."},
    {ONE("8003"), VA, {N(1, ZERO), N_2(13, CSUM, GCPPOS1), OPTIONAL_TO_X(16, PLAIN)}, NULL, NULL,
     "", "GRAI"},
    {ONE("8004"), VA, {TO_X(30, GCPPOS1)}, NULL, NULL, "7040", "GIAI"},
    {ONE("8005"), VA, {N(6, PLAIN)}, "01,02", NULL, NULL, "PRICE PER UNIT"},
    {ONE("8006"), VA, {N_2(14, CSUM, GCPPOS2), N(4, PIECEOFTOTAL)}, NULL, "01,03,37", "22,10,21",
     "ITIP"},
    {ONE("8007"), VA, {TO_X(34, IBAN)}, "415", NULL, NULL, "IBAN"},
    {ONE("8008"), VA, {N(6, YYMMDD), N(2, HH), OPTIONAL_N(2, MI), OPTIONAL_N(2, SS)}, "01,02,03",
     NULL, NULL, "PROD TIME"},
    {ONE("8009"), VA, {TO_X(50, PLAIN)}, "00,01,03", NULL, NULL, "OPTSEN"},
    {ONE("8010"), VA, {TO_Y(30, GCPPOS1)}, NULL, NULL, "8011", "CPID"},
    {ONE("8011"), VP, {TO_N(12, NOZEROPREFIX)}, "8010", NULL, NULL, "CPID SERIAL"},
    {ONE("8012"), VA, {TO_X(20, PLAIN)}, "01,03,8006", NULL, NULL, "VERSION"},
    {ONE("8013"), VA, {TO_X_2(25, CSUMALPHA, GCPPOS1)}, NULL, NULL, "", "GMN"},
    {ONE("8014"), VP, {TO_X_3(25, CSUMALPHA, GCPPOS1, HASNONDIGIT)}, "01", NULL, NULL, "MUDI"},
    {ONE("8017"), VA, {N_2(18, CSUM, GCPPOS1)}, NULL, "8018", "8019", "GSRN - PROVIDER"},
    {ONE("8018"), VA, {N_2(18, CSUM, GCPPOS1)}, NULL, "8017", "8019", "GSRN - RECIPIENT"},
    {ONE("8019"), VP, {TO_N(10, PLAIN)}, "8017,8018", NULL, NULL, "SRIN"},
    {ONE("8020"), VP, {TO_X(25, PLAIN)}, "415", NULL, NULL, "REF No."},
    {ONE("8026"), VA, {N_2(14, CSUM, GCPPOS2), N(4, PIECEOFTOTAL)}, "37", "02,03,8006", NULL,
     "ITIP CONTENT"},
    {ONE("8030"), VA, {TO_Z(90, PLAIN)},
     "00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018", NULL, NULL, "DIGSIG"},
    {ONE("8040"), VP, {N(15, PLAIN)}, "01+21", NULL, NULL, "IMEI"},
    {ONE("8041"), VP, {N(15, PLAIN)}, "01+21+8040", NULL, NULL, "IMEI2"},
    {ONE("8042"), VP, {N(32, PLAIN)}, "01+21+8040", NULL, NULL, "ESIM"},
    {ONE("8043"), VP, {N(18, PLAIN), OPTIONAL_TO_N(2, PLAIN)}, "01+21+8040", NULL, NULL, "PSIM"},
    {ONE("8110"), VA, {TO_X(70, COUPONCODE)}, NULL, NULL, NULL, ""},
    {ONE("8111"), VA, {N(4, PLAIN)}, "255", NULL, NULL, "POINTS"},
    {ONE("8112"), VA, {TO_X(70, COUPONPOSOFFER)}, NULL, NULL, NULL, ""},
    {ONE("8200"), VP, {TO_X(70, PLAIN)}, "01", NULL, NULL, "PRODUCT URL"},
    {ONE("90"), VA, {TO_X(30, PLAIN)}, NULL, NULL, NULL, "INTERNAL"},
    {"91", "99", VA, {TO_X(90, PLAIN)}, NULL, NULL, NULL, "INTERNAL"},
};
/* clang-format on */

enum { ENTRIES = sizeof entries / sizeof entries[0] };

const struct gs1_entry *gs1_entry_at(size_t index) {
    return index < ENTRIES ? &entries[index] : NULL;
}

const struct gs1_entry *gs1_entry_find(struct span ai) {
    size_t low = 0, high = ENTRIES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gs1_entry *e = &entries[middle];
        if (span_compare(ai, span_text(e->first)) < 0)
            high = middle;
        else if (span_compare(ai, span_text(e->last)) > 0)
            low = middle + 1;
        else
            return ai.len == span_text(e->first).len ? e : NULL;
    }
    return NULL;
}

size_t gs1_ai_length(struct span two) {
    for (size_t i = 0; two.len >= 2 && i < ENTRIES; i++) {
        struct span first = span_text(entries[i].first), last = span_text(entries[i].last);
        struct span digits = span_part(two, 0, 2);
        if (span_compare(span_part(first, 0, 2), digits) <= 0 &&
            span_compare(digits, span_part(last, 0, 2)) <= 0)
            return first.len;
    }
    return 0;
}

/* General Specifications 7.8.5: the table of element strings with pre-defined length, without the
 * digits of the AI. */
size_t gs1_predefined_length(struct span ai) {
    static const struct {
        char two[3];
        uint8_t all;
    } rows[] = {
        {"00", 20}, {"01", 16}, {"02", 16}, {"03", 16}, {"04", 18}, {"11", 8},  {"12", 8},
        {"13", 8},  {"14", 8},  {"15", 8},  {"16", 8},  {"17", 8},  {"18", 8},  {"19", 8},
        {"20", 4},  {"31", 10}, {"32", 10}, {"33", 10}, {"34", 10}, {"35", 10}, {"36", 10},
        {"41", 16},
    };
    for (size_t i = 0; ai.len >= 2 && i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(span_part(ai, 0, 2), rows[i].two)) return rows[i].all - ai.len;
    return 0;
}

bool gs1_pattern_matches(struct span pattern, struct span ai) {
    for (size_t i = 0; i < pattern.len && i < ai.len; i++)
        if (pattern.data[i] != ai.data[i] && pattern.data[i] != 'n') return false;
    return pattern.len == ai.len;
}

bool gs1_is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool gs1_in_set(char set, char c) {
    switch (set) {
    case 'N':
        return charset_has(SET_DIGITS, c);
    case 'Y':
        return charset_has(SET_39, c);
    case 'X':
        return charset_has(SET_82, c);
    default: /* 'Z' */
        return gs1_is_alphanumeric(c) || c == '-' || c == '_' || c == '=';
    }
}

/* GS1 Digital Link 1.1, section 4.3: the keys' and qualifiers' short names (left out since 1.2). */
struct span gs1_ai_of_name(struct span name) {
    static const struct {
        const char *ai, *name;
    } rows[] = {
        {"00", "sscc"},    {"01", "gtin"},    {"10", "lot"},    {"21", "ser"},    {"22", "cpv"},
        {"253", "gdti"},   {"254", "glnx"},   {"255", "gcn"},   {"401", "ginc"},  {"402", "gsin"},
        {"414", "gln"},    {"415", "payTo"},  {"417", "party"}, {"8003", "grai"}, {"8004", "giai"},
        {"8006", "itip"},  {"8010", "cpid"},  {"8011", "cpsn"}, {"8013", "gmn"},  {"8017", "gsrnp"},
        {"8018", "gsrn"},  {"8019", "srin"},  {"8020", "refno"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(name, rows[i].name) || span_is(name, rows[i].ai)) return span_text(rows[i].ai);
    return SPAN_EMPTY;
}
