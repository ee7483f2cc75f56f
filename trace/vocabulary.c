#include "trace/vocabulary.h"

static const char *const biz_steps[] = {
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
    "sensor_reporting",
    "sampling",
    NULL,
};
static const char *const dispositions[] = {
    "active",
    "container_closed",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "no_pedigree_match",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unknown",
    "available",
    "completeness_verified",
    "completeness_inferred",
    "conformant",
    "container_open",
    "mismatch_instance",
    "mismatch_class",
    "mismatch_quantity",
    "needs_replacement",
    "non_conformant",
    "unavailable",
    NULL,
};
static const char *const biz_transaction_types[] = {
    "bol",       "cert",   "desadv", "inv",     "pedigree", "po",    "poc",
    "prodorder", "recadv", "rma",    "testprd", "testres",  "upevt", NULL,
};
static const char *const source_dest_types[] = {"owning_party", "possessing_party", "location",
                                                NULL};
static const char *const error_reasons[] = {"did_not_occur", "incorrect_data", NULL};
static const char *const components[] = {
    "x",
    "y",
    "z",
    "axial_distance",
    "azimuth",
    "height",
    "spherical_radius",
    "polar_angle",
    "elevation_angle",
    "easting",
    "northing",
    "latitude",
    "longitude",
    "altitude",
    NULL,
};
static const char *const measurement_types[] = {
    "AbsoluteHumidity",
    "AbsorbedDose",
    "AbsorbedDoseRate",
    "Acceleration",
    "Radioactivity",
    "Altitude",
    "AmountOfSubstance",
    "AmountOfSubstancePerUnitVolume",
    "Angle",
    "AngularAcceleration",
    "AngularMomentum",
    "AngularVelocity",
    "Area",
    "Capacitance",
    "Conductance",
    "Conductivity",
    "Count",
    "Density",
    "Dimensionless",
    "DoseEquivalent",
    "DoseEquivalentRate",
    "DynamicViscosity",
    "ElectricCharge",
    "ElectricCurrent",
    "ElectricCurrentDensity",
    "ElectricFieldStrength",
    "Energy",
    "Exposure",
    "Force",
    "Frequency",
    "Illuminance",
    "Inductance",
    "Irradiance",
    "KinematicViscosity",
    "Length",
    "LinearMomentum",
    "Luminance",
    "LuminousFlux",
    "LuminousIntensity",
    "MagneticFlux",
    "MagneticFluxDensity",
    "MagneticVectorPotential",
    "Mass",
    "MassConcentration",
    "MassFlowRate",
    "MassPerAreaTime",
    "MemoryCapacity",
    "MolalityOfSolute",
    "MolarEnergy",
    "MolarMass",
    "MolarVolume",
    "Power",
    "Pressure",
    "RadiantFlux",
    "RadiantIntensity",
    "RelativeHumidity",
    "Resistance",
    "Resistivity",
    "SolidAngle",
    "SpecificVolume",
    "Speed",
    "SurfaceDensity",
    "SurfaceTension",
    "Temperature",
    "Time",
    "Torque",
    "Voltage",
    "Volume",
    "VolumeFlowRate",
    "VolumeFraction",
    "VolumetricFlux",
    "Wavenumber",
    NULL,
};
static const char *const alert_types[] = {"ALARM_CONDITION", "ERROR_CONDITION", NULL};

/* The words and what stands before them in the longer spellings. */
struct book {
    const char *const *words;
    const char *urn; /* NULL: the vocabulary has no URN spelling */
    const char *web; /* after https://ref.gs1.org/cbv/ and cbv:, or NULL for the GS1 web vocabulary
                        (gs1:, https://gs1.org/voc/) */
};

static struct book book_of(enum vocabulary vocabulary) {
    switch (vocabulary) {
    case VOCABULARY_BIZ_STEP:
        return (struct book){biz_steps, "urn:epcglobal:cbv:bizstep:", "BizStep-"};
    case VOCABULARY_DISPOSITION:
        return (struct book){dispositions, "urn:epcglobal:cbv:disp:", "Disp-"};
    case VOCABULARY_BIZ_TRANSACTION_TYPE:
        return (struct book){biz_transaction_types, "urn:epcglobal:cbv:btt:", "BTT-"};
    case VOCABULARY_SOURCE_DEST_TYPE:
        return (struct book){source_dest_types, "urn:epcglobal:cbv:sdt:", "SDT-"};
    case VOCABULARY_ERROR_REASON:
        return (struct book){error_reasons, "urn:epcglobal:cbv:er:", "ER-"};
    case VOCABULARY_COMPONENT:
        return (struct book){components, "urn:epcglobal:cbv:comp:", "Comp-"};
    case VOCABULARY_MEASUREMENT_TYPE:
        return (struct book){measurement_types, NULL, NULL};
    case VOCABULARY_ALERT_TYPE:
        return (struct book){alert_types, NULL, NULL};
    }
    CHECK(false);
}

static bool has_word(const char *const *words, struct span word) {
    if (word.len == 0) return false;
    for (; *words != NULL; words++) {
        if ((uint8_t)(*words)[0] == word.data[0] && span_is(word, *words)) return true;
    }
    return false;
}

/* Removes the prefix; false when the text does not start with it. */
static bool strip(struct span *text, const char *prefix) {
    if (prefix == NULL || !span_starts(*text, prefix)) return false;
    size_t len = span_text(prefix).len;
    *text = span_part(*text, len, text->len - len);
    return true;
}

static bool strip_any(struct span *text, const char *const *prefixes) {
    for (; *prefixes != NULL; prefixes++) {
        if (strip(text, *prefixes)) return true;
    }
    return false;
}

struct span vocabulary_canonical(enum vocabulary vocabulary, struct span received) {
    static const char *const cbv[] = {
        "cbv:",
        "https://ref.gs1.org/cbv/",
        "http://ref.gs1.org/cbv/",
        "https://ns.gs1.org/cbv/",
        "http://ns.gs1.org/cbv/",
        NULL,
    };
    static const char *const voc[] = {
        "gs1:",
        "https://gs1.org/voc/",
        "http://gs1.org/voc/",
        "https://www.gs1.org/voc/",
        "http://www.gs1.org/voc/",
        "https://ref.gs1.org/voc/",
        NULL,
    };
    struct book book = book_of(vocabulary);
    struct span word = received;
    bool longer = strip(&word, book.urn);
    if (!longer) {
        longer = book.web == NULL ? strip_any(&word, voc)
                                  : strip_any(&word, cbv) && strip(&word, book.web);
    }
    return longer && has_word(book.words, word) ? word : received;
}

bool vocabulary_equal(enum vocabulary vocabulary, struct span a, struct span b) {
    return span_equal(vocabulary_canonical(vocabulary, a), vocabulary_canonical(vocabulary, b));
}

bool vocabulary_has(enum vocabulary vocabulary, struct span word) {
    return has_word(book_of(vocabulary).words, word);
}

const char *vocabulary_web(enum vocabulary vocabulary) {
    switch (vocabulary) {
    case VOCABULARY_BIZ_STEP:
        return "https://ref.gs1.org/cbv/BizStep-";
    case VOCABULARY_DISPOSITION:
        return "https://ref.gs1.org/cbv/Disp-";
    case VOCABULARY_BIZ_TRANSACTION_TYPE:
        return "https://ref.gs1.org/cbv/BTT-";
    case VOCABULARY_SOURCE_DEST_TYPE:
        return "https://ref.gs1.org/cbv/SDT-";
    case VOCABULARY_ERROR_REASON:
        return "https://ref.gs1.org/cbv/ER-";
    case VOCABULARY_COMPONENT:
        return "https://ref.gs1.org/cbv/Comp-";
    case VOCABULARY_MEASUREMENT_TYPE:
    case VOCABULARY_ALERT_TYPE:
        return "https://gs1.org/voc/";
    }
    CHECK(false);
}
