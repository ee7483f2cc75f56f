/* Writes what the offline tests of the command line need, into a directory: a genesis file, and
 * proofs about a small ledger that stood when this program ran and is gone when they are checked:
 * record.syp, thing.syp, absence.syp. */
#include "tests/unit/ledger_world.h"

static void write_file(const char *directory, const char *name, struct span data) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL && fwrite(data.data, 1, data.len, f) == data.len && fclose(f) == 0);
}

int main(int argc, char **argv) {
    struct world w;
    struct attested attested;
    struct digest wire_id;
    struct buffer bundle CLEANUP(buffer_free) = {0};
    CHECK(argc == 2);
    crypto_start();
    world_begin(&w, 1);
    struct item born = world_event(
        &w, "ADD", "commissioning", ",\"ilmd\":{\"cbvmda:lotNumber\":\"L7\"}",
        "urn:epc:id:sgtin:6901234.056789.1001", "urn:epc:id:sgtin:6901234.056789.1002", NULL);
    struct item shipped =
        world_event(&w, "OBSERVE", "shipping", "", "urn:epc:id:sgtin:6901234.056789.1001", NULL);
    world_say(&w, "farm1", &born);
    world_say(&w, "farm1", &shipped);
    CHECK(record_wire_id(w.block[0], &wire_id) == OK);
    CHECK(world_close(&w, 1000) == OK);
    world_attest(&w, 1780272100, &attested);
    struct proof_source source = world_source(&w, &attested);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    write_file(argv[1], "genesis", w.genesis->file);
    CHECK(proof_build_record(&source, &wire_id, NULL, 0, &bundle) == OK);
    write_file(argv[1], "record.syp", buffer_span(&bundle));
    buffer_clear(&bundle);
    CHECK(proof_build_thing(&source, span_text("https://id.gs1.org/01/06901234567892/21/1001"),
                            &bundle) == OK);
    write_file(argv[1], "thing.syp", buffer_span(&bundle));
    buffer_clear(&bundle);
    CHECK(proof_build_thing(&source, span_text("https://id.gs1.org/01/06901234567892/21/9999"),
                            &bundle) == OK);
    write_file(argv[1], "absence.syp", buffer_span(&bundle));
    world_end(&w);
    return 0;
}
