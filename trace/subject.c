/* subject.c: see subject.h. */
#include "trace/subject.h"

bool subject_id_valid(struct span id) {
    if (id.len < 1 || id.len > SUBJECT_ID_BYTES_MAX) return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.data[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '.' && c != '_' && c != ':' && c != '-') return false;
    }
    return true;
}

bool division_valid(struct span division) {
    for (size_t i = 0; i < division.len; i++)
        if (division.data[i] < '0' || division.data[i] > '9') return false;
    return division.len <= 12;
}
