/* hand.c: e2e_hand: the table of subcommands, and the small ones. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/hand.h"

static void write_file(const char *directory, const char *name, struct span bytes, mode_t mode) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes.data, 1, bytes.len, f) != bytes.len || fchmod(fileno(f), mode) != 0 || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

/* genesis DIRECTORY [HEARTBEAT_MS]: genesis, the seeds v0.key .. v7.key and their transport keys v0.pub .. v7.pub; those from 4 on are
 * followers */
static int genesis(int argc, char **argv) {
    if (argc < 1) return 2;
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, GENESIS_BYTES_MAX);
    people_genesis(people_now_ms(), argc > 1 ? number_of(argv[1]) : 0, &out);
    write_file(argv[0], "genesis", buffer_span(&out), 0644);
    for (uint32_t i = 0; i < 2 * PEOPLE_VALIDATORS; i++) {
        struct seed seed;
        struct validator_keys keys;
        char name[16], text[66];
        people_validator_seed(i, &seed);
        hex_encode(span_of(seed.b, sizeof seed.b), text);
        strcat(text, "\n");
        snprintf(name, sizeof name, "v%u.key", i);
        write_file(argv[0], name, span_text(text), 0600);
        validator_keys_derive(&seed, &keys);
        hex_encode(span_of(keys.transport.public_key.b, 32), text);
        snprintf(name, sizeof name, "v%u.pub", i);
        write_file(argv[0], name, span_text(text), 0644);
    }
    return 0;
}

/* ports COUNT: free ports below those that the kernel gives to clients, so that nothing takes them meanwhile. */
static int ports(int argc, char **argv) {
    int count = argc == 1 ? (int)number_of(argv[0]) : 0, fds[64];
    if (count < 1 || count > 64) return 2;
    for (int i = 0; i < count;) {
        uint16_t chance;
        random_bytes(&chance, sizeof chance);
        uint16_t port = (uint16_t)(12000 + chance % 20000);
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (fds[i] < 0) return 1;
        if (bind(fds[i], (const struct sockaddr *)&a, sizeof a) != 0) {
            close(fds[i]);
            continue;
        }
        printf("%u\n", port);
        i++;
    }
    return 0; /* all are held until here, so no port comes twice */
}

/* record GENESIS [SETTING=NUMBER ...]: one record to stdout; settings as in struct draft */
static int record(int argc, char **argv) {
    if (argc < 1) return 2;
    struct draft d = {.subject = 1, .nonce = people_now_ms() << 10};
    uint32_t spoil = 0; /* flips a bit so many bytes before the end */
    for (int i = 1; i < argc; i++) {
        long long v = strchr(argv[i], '=') == NULL ? 0 : strtoll(strchr(argv[i], '=') + 1, NULL, 10);
        if (strncmp(argv[i], "subject=", 8) == 0) d.subject = (uint32_t)v;
        else if (strncmp(argv[i], "key=", 4) == 0) d.key = (uint32_t)v;
        else if (strncmp(argv[i], "nonce=", 6) == 0) d.nonce = (uint64_t)v;
        else if (strncmp(argv[i], "text=", 5) == 0) d.text_bytes = (uint32_t)v;
        else if (strncmp(argv[i], "created=", 8) == 0) d.created_in_ms = v;
        else if (strncmp(argv[i], "lifetime=", 9) == 0) d.lifetime_ms = (uint64_t)v;
        else if (strncmp(argv[i], "otherchain=", 11) == 0) d.other_chain = v != 0;
        else if (strncmp(argv[i], "odd=", 4) == 0) d.odd = (uint32_t)v;
        else if (strncmp(argv[i], "spoil=", 6) == 0) spoil = (uint32_t)v;
        else if (strncmp(argv[i], "revoke=", 7) == 0) d.revoke = true, d.revoked = (uint32_t)v;
        else return 2;
    }
    struct genesis *g = people_genesis_read(argv[0]);
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 2 * RECORD_BYTES_MAX);
    people_record(g, &d, &out);
    genesis_free(g);
    if (spoil > 0 && spoil <= out.len) out.data[out.len - spoil] ^= 1;
    return fwrite(out.data, 1, out.len, stdout) == out.len ? 0 : 1;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
} COMMANDS[] = {
    {"genesis", genesis, "DIRECTORY [HEARTBEAT_MS]"},
    {"ports", ports, "COUNT"},
    {"record", record, "GENESIS [SETTING=NUMBER ...]"},
    {"load", hand_load, "GENESIS ACKFILE SECONDS THREADS PORT..."},
    {"acked", hand_acked, "ACKFILE PORT..."},
    {"ledger", hand_ledger, "ACKFILE STORE..."},
    {"alter", hand_alter, "STORE WHAT HEIGHT"},
    {"flood", hand_flood, "KIND PORT COUNT SECONDS"},
    {"raw", hand_raw, "PORT [PATIENCE_MS]"},
    {"peer", hand_peer, "GENESIS PORT KEY WHAT [TYPE]"},
    {"pack", hand_pack, "GENESIS PACK COUNT"},
    {"leaves", hand_leaves, "PORT PACK COUNT FIRST LAST"},
    {"whole", hand_whole, "PACK COUNT PORT..."},
    {"scan", hand_scan, "FILE TIME_MS IDENTIFIER DIVISION..."},
    {"answer", hand_answer, "PORT FILE TYPE"},
    {"liar", hand_liar, "GENESIS PORT STORE WHAT HEIGHT"},
};

int main(int argc, char **argv) {
    crypto_start();
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0] && argc > 1; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) != 0) continue;
        int result = COMMANDS[i].run(argc - 2, argv + 2);
        if (result == 2) fprintf(stderr, "e2e_hand %s %s\n", COMMANDS[i].name, COMMANDS[i].usage);
        return result;
    }
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++)
        fprintf(stderr, "e2e_hand %s %s\n", COMMANDS[i].name, COMMANDS[i].usage);
    return 2;
}
