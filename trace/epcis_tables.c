/* The EPCIS 2.0.1 JSON schema, definition by definition
 * (ref.gs1.org/standards/epcis/2.0.1/epcis-json-schema.json). Where the published schema is odd it
 * is followed: an AggregationEvent may carry a persistentDisposition of any kind, a read point any
 * further field. */
#include "trace/epcis_tables.h"

#define END                                                                                        \
    { NULL, NULL, false }

/* Texts. */
#define TEXT(f, w)                                                                                 \
    { .shapes = SHAPE_TEXT, .form = (f), .words = (w) }
static const struct schema text = TEXT(FORM_NONE, WORDS_NONE);
static const struct schema uri = TEXT(FORM_URI, WORDS_NONE);
static const struct schema moment = TEXT(FORM_TIME, WORDS_NONE);
static const struct schema offset = TEXT(FORM_OFFSET, WORDS_NONE);
static const struct schema unit = TEXT(FORM_UNIT, WORDS_NONE);
static const struct schema hexadecimal = TEXT(FORM_HEX, WORDS_NONE);
static const struct schema version = TEXT(FORM_VERSION, WORDS_NONE);
static const struct schema action = TEXT(FORM_NONE, WORDS_ACTION);
static const struct schema extension_type = TEXT(FORM_URI, WORDS_EVENT_TYPE);
static const struct schema biz_step = TEXT(FORM_URI_NOT_CBV, VOCABULARY_BIZ_STEP);
static const struct schema disposition = TEXT(FORM_URI_NOT_CBV, VOCABULARY_DISPOSITION);
static const struct schema transaction_type =
    TEXT(FORM_URI_NOT_CBV, VOCABULARY_BIZ_TRANSACTION_TYPE);
static const struct schema party_type = TEXT(FORM_URI_NOT_CBV, VOCABULARY_SOURCE_DEST_TYPE);
static const struct schema error_reason = TEXT(FORM_URI_NOT_CBV, VOCABULARY_ERROR_REASON);
static const struct schema component = TEXT(FORM_URI_NOT_CBV, VOCABULARY_COMPONENT);
static const struct schema measurement_type = TEXT(FORM_URI_NOT_VOC, VOCABULARY_MEASUREMENT_TYPE);
static const struct schema alert_type = TEXT(FORM_URI_NOT_VOC, VOCABULARY_ALERT_TYPE);

static const struct schema number = {.shapes = SHAPE_NUMBER, .words = WORDS_NONE};
static const struct schema boolean = {.shapes = SHAPE_BOOL, .words = WORDS_NONE};

#define LIST(s, min, unique)                                                                       \
    {                                                                                              \
        .shapes = SHAPE_LIST, .words = WORDS_NONE, .items = &(s), .items_min = (min),              \
        .items_unique = (unique)                                                                   \
    }
#define OBJECT(p, n)                                                                               \
    { .shapes = SHAPE_OBJECT, .words = WORDS_NONE, .properties = (p), .names = (n) }

const struct schema schema_uri_list = LIST(uri, 0, false);
static const struct schema uri_set = LIST(uri, 0, true);

static const struct schema context_entry = {
    .shapes = SHAPE_TEXT | SHAPE_OBJECT, .form = FORM_URI, .words = WORDS_NONE};
static const struct schema context = {
    .shapes = SHAPE_TEXT | SHAPE_OBJECT | SHAPE_LIST,
    .form = FORM_URI,
    .words = WORDS_NONE,
    .items = &context_entry,
    .items_unique = true,
};
static const struct schema certification_info = {
    .shapes = SHAPE_TEXT | SHAPE_LIST, .form = FORM_URI, .words = WORDS_NONE, .items = &uri};

/* Parts of events. */
static const struct property quantity_element_fields[] = {
    {"epcClass", &uri, true}, {"quantity", &number, false}, {"uom", &unit, false}, END};
static const struct schema quantity_element = OBJECT(quantity_element_fields, NAMES_NONE);
const struct schema schema_quantity_list = LIST(quantity_element, 0, false);

static const struct property transaction_fields[] = {
    {"bizTransaction", &uri, true}, {"type", &transaction_type, false}, END};
static const struct schema transaction = OBJECT(transaction_fields, NAMES_NONE);
static const struct schema transaction_list = LIST(transaction, 0, false);
static const struct schema transaction_list_filled = LIST(transaction, 1, false);

static const struct property source_fields[] = {
    {"source", &uri, true}, {"type", &party_type, true}, END};
static const struct schema source = OBJECT(source_fields, NAMES_NONE);
static const struct schema source_list = LIST(source, 0, false);
static const struct property destination_fields[] = {
    {"destination", &uri, true}, {"type", &party_type, true}, END};
static const struct schema destination = OBJECT(destination_fields, NAMES_NONE);
static const struct schema destination_list = LIST(destination, 0, false);

static const struct property place_fields[] = {{"id", &uri, true}, END};
static const struct schema place = OBJECT(place_fields, NAMES_ANY);
static const struct schema ilmd = OBJECT(NULL, NAMES_URI);

static const struct schema disposition_set = LIST(disposition, 1, true);
static const struct property persistent_fields[] = {
    {"set", &disposition_set, false}, {"unset", &disposition_set, false}, END};
static const struct schema persistent_disposition = {.shapes = SHAPE_OBJECT,
                                                     .words = WORDS_NONE,
                                                     .properties = persistent_fields,
                                                     .names = NAMES_NONE,
                                                     .rule = RULE_SET_OR_UNSET};

static const struct property error_fields[] = {
    {"correctiveEventIDs", &schema_uri_list, false},
    {"declarationTime", &moment, true},
    {"reason", &error_reason, false},
    END,
};
static const struct schema error_declaration = OBJECT(error_fields, NAMES_URI);

static const struct property sensor_metadata_fields[] = {
    {"bizRules", &uri, false},
    {"dataProcessingMethod", &uri, false},
    {"deviceID", &uri, false},
    {"deviceMetadata", &uri, false},
    {"endTime", &moment, false},
    {"rawData", &uri, false},
    {"startTime", &moment, false},
    {"time", &moment, false},
    END,
};
static const struct schema sensor_metadata = OBJECT(sensor_metadata_fields, NAMES_URI);
static const struct property sensor_report_fields[] = {
    {"bizRules", &uri, false},
    {"booleanValue", &boolean, false},
    {"chemicalSubstance", &uri, false},
    {"component", &component, false},
    {"coordinateReferenceSystem", &uri, false},
    {"dataProcessingMethod", &uri, false},
    {"deviceID", &uri, false},
    {"deviceMetadata", &uri, false},
    {"exception", &alert_type, false},
    {"hexBinaryValue", &hexadecimal, false},
    {"maxValue", &number, false},
    {"meanValue", &number, false},
    {"microorganism", &uri, false},
    {"minValue", &number, false},
    {"percRank", &number, false},
    {"percValue", &number, false},
    {"rawData", &uri, false},
    {"sDev", &number, false},
    {"stringValue", &text, false},
    {"time", &moment, false},
    {"type", &measurement_type, true},
    {"uom", &text, false},
    {"uriValue", &uri, false},
    {"value", &number, false},
    END,
};
static const struct schema sensor_report = OBJECT(sensor_report_fields, NAMES_URI);
static const struct schema sensor_report_list = LIST(sensor_report, 1, false);
static const struct property sensor_element_fields[] = {
    {"sensorMetadata", &sensor_metadata, false}, {"sensorReport", &sensor_report_list, true}, END};
static const struct schema sensor_element = OBJECT(sensor_element_fields, NAMES_URI);
static const struct schema sensor_list = LIST(sensor_element, 0, false);

/* Events. The type itself chose the table. */
static const struct property event_fields[] = {
    {"@context", &context, false},
    {"certificationInfo", &certification_info, false},
    {"errorDeclaration", &error_declaration, false},
    {"eventID", &uri, false},
    {"eventTime", &moment, true},
    {"eventTimeZoneOffset", &offset, true},
    {"recordTime", &moment, false},
    {"type", &text, true},
    END,
};
#define EVENT(p, r)                                                                                \
    {                                                                                              \
        .shapes = SHAPE_OBJECT, .words = WORDS_NONE, .properties = (p), .common = event_fields,    \
        .names = NAMES_URI, .rule = (r)                                                            \
    }

static const struct property object_event_fields[] = {
    {"action", &action, true},
    {"bizLocation", &place, false},
    {"bizStep", &biz_step, false},
    {"bizTransactionList", &transaction_list, false},
    {"destinationList", &destination_list, false},
    {"disposition", &disposition, false},
    {"epcList", &uri_set, false},
    {"ilmd", &ilmd, false},
    {"persistentDisposition", &persistent_disposition, false},
    {"quantityList", &schema_quantity_list, false},
    {"readPoint", &place, false},
    {"sensorElementList", &sensor_list, false},
    {"sourceList", &source_list, false},
    END,
};
static const struct schema object_event = EVENT(object_event_fields, RULE_OBJECT_EVENT);

static const struct property aggregation_event_fields[] = {
    {"action", &action, true},
    {"bizLocation", &place, false},
    {"bizStep", &biz_step, false},
    {"bizTransactionList", &transaction_list, false},
    {"childEPCs", &schema_uri_list, false},
    {"childQuantityList", &schema_quantity_list, false},
    {"destinationList", &destination_list, false},
    {"disposition", &disposition, false},
    {"parentID", &uri, false},
    {"persistentDisposition", NULL, false},
    {"readPoint", &place, false},
    {"sensorElementList", &sensor_list, false},
    {"sourceList", &source_list, false},
    END,
};
static const struct schema aggregation_event = EVENT(aggregation_event_fields, RULE_CHILDREN);

static const struct property association_event_fields[] = {
    {"action", &action, true},
    {"bizLocation", &place, false},
    {"bizStep", &biz_step, false},
    {"bizTransactionList", &transaction_list, false},
    {"childEPCs", &schema_uri_list, false},
    {"childQuantityList", &schema_quantity_list, false},
    {"destinationList", &destination_list, false},
    {"disposition", &disposition, false},
    {"parentID", &uri, true},
    {"persistentDisposition", NULL, false},
    {"readPoint", &place, false},
    {"sensorElementList", &sensor_list, false},
    {"sourceList", &source_list, false},
    END,
};
static const struct schema association_event = EVENT(association_event_fields, RULE_CHILDREN);

static const struct property transaction_event_fields[] = {
    {"action", &action, true},
    {"bizLocation", &place, false},
    {"bizStep", &biz_step, false},
    {"bizTransactionList", &transaction_list_filled, true},
    {"destinationList", &destination_list, false},
    {"disposition", &disposition, false},
    {"epcList", &schema_uri_list, false},
    {"parentID", &uri, false},
    {"persistentDisposition", NULL, false},
    {"quantityList", &schema_quantity_list, false},
    {"readPoint", &place, false},
    {"sensorElementList", &sensor_list, false},
    {"sourceList", &source_list, false},
    END,
};
static const struct schema transaction_event = EVENT(transaction_event_fields, RULE_TRANSACTION);

static const struct property transformation_event_fields[] = {
    {"bizLocation", &place, false},
    {"bizStep", &biz_step, false},
    {"bizTransactionList", &transaction_list, false},
    {"destinationList", &destination_list, false},
    {"disposition", &disposition, false},
    {"ilmd", &ilmd, false},
    {"inputEPCList", &uri_set, false},
    {"inputQuantityList", &schema_quantity_list, false},
    {"outputEPCList", &uri_set, false},
    {"outputQuantityList", &schema_quantity_list, false},
    {"persistentDisposition", &persistent_disposition, false},
    {"readPoint", &place, false},
    {"sensorElementList", &sensor_list, false},
    {"sourceList", &source_list, false},
    {"transformationID", &uri, false},
    END,
};
static const struct schema transformation_event =
    EVENT(transformation_event_fields, RULE_TRANSFORMATION);

const struct event_schema schema_events[5] = {
    {"ObjectEvent", &object_event},
    {"AggregationEvent", &aggregation_event},
    {"AssociationEvent", &association_event},
    {"TransactionEvent", &transaction_event},
    {"TransformationEvent", &transformation_event},
};

/* Nothing is said of an extension event's own fields. */
static const struct property extension_event_fields[] = {{"type", &extension_type, true}, END};
const struct schema schema_extension_event = {
    .shapes = SHAPE_OBJECT,
    .words = WORDS_NONE,
    .properties = extension_event_fields,
    .common = event_fields,
    .names = NAMES_ANY,
};

/* Documents. The interpreter knows schema_event_list by its address and chooses each entry's table
 * by its type. */
const struct schema schema_event_list = {.shapes = SHAPE_LIST, .words = WORDS_NONE};

static const struct schema attribute_value = {
    .shapes = SHAPE_NUMBER | SHAPE_TEXT | SHAPE_OBJECT, .form = FORM_NONE, .words = WORDS_NONE};
static const struct property attribute_fields[] = {
    {"attribute", &attribute_value, false}, {"id", &uri, true}, END};
static const struct schema attribute = OBJECT(attribute_fields, NAMES_ANY);
static const struct schema attribute_list = LIST(attribute, 0, false);
static const struct property vocabulary_element_fields[] = {{"attributes", &attribute_list, false},
                                                            {"children", &schema_uri_list, false},
                                                            {"id", &uri, true},
                                                            END};
static const struct schema vocabulary_element = OBJECT(vocabulary_element_fields, NAMES_ANY);
static const struct schema vocabulary_element_list = LIST(vocabulary_element, 0, false);
static const struct property vocabulary_fields[] = {
    {"type", &uri, true}, {"vocabularyElementList", &vocabulary_element_list, false}, END};
static const struct schema vocabulary = OBJECT(vocabulary_fields, NAMES_ANY);
static const struct schema vocabulary_list = LIST(vocabulary, 0, false);

static const struct property master_data_fields[] = {{"vocabularyList", &vocabulary_list, false},
                                                     END};
static const struct schema master_data = OBJECT(master_data_fields, NAMES_ANY);
static const struct property header_fields[] = {{"epcisMasterData", &master_data, false}, END};
static const struct schema header = OBJECT(header_fields, NAMES_URI);

static const struct property body_fields[] = {{"eventList", &schema_event_list, true}, END};
static const struct schema body = OBJECT(body_fields, NAMES_ANY);
static const struct property document_fields[] = {
    {"@context", &context, true},
    {"creationDate", &moment, true},
    {"epcisBody", &body, true},
    {"epcisHeader", &header, false},
    {"id", &uri, false},
    {"instanceIdentifier", &text, false},
    {"receiver", &text, false},
    {"schemaVersion", &version, true},
    {"sender", &text, false},
    {"type", &text, true},
    END,
};
const struct schema schema_document = OBJECT(document_fields, NAMES_URI);

static const struct property results_body_fields[] = {
    {"eventList", &schema_event_list, true}, {"vocabularyList", &vocabulary_list, false}, END};
static const struct schema results_body = OBJECT(results_body_fields, NAMES_URI);
static const struct property query_results_fields[] = {{"queryName", &text, true},
                                                       {"resultsBody", &results_body, true},
                                                       {"subscriptionID", &text, false},
                                                       END};
static const struct schema query_results = OBJECT(query_results_fields, NAMES_URI);
static const struct property query_body_fields[] = {{"queryResults", &query_results, true}, END};
static const struct schema query_body = OBJECT(query_body_fields, NAMES_URI);
static const struct property query_document_fields[] = {
    {"@context", &context, true},
    {"creationDate", &moment, false},
    {"epcisBody", &query_body, true},
    {"id", &uri, false},
    {"schemaVersion", &version, false},
    {"type", &text, true},
    END,
};
const struct schema schema_query_document = OBJECT(query_document_fields, NAMES_URI);
