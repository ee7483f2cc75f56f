/* What was not made durable is not acknowledged: a broker made by hand sees no PUBACK before mqtt_flush, and none at all after
 * mqtt_forget. libmosquitto promises neither; this is where a version that does otherwise is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/gateway/mqtt.h"

struct came {
    int count;
    char last[64];
};
static void on_message(void *self, const char *topic, struct span payload) {
    struct came *c = self;
    c->count++;
    snprintf(c->last, sizeof c->last, "%s=%.*s", topic, (int)payload.len, (const char *)payload.data);
}

/* What the client has said within this time; 0: nothing, -1: it hung up. */
static int heard(int fd, uint8_t *ret, size_t cap, int ms) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, ms) != 1) return 0;
    ssize_t n = read(fd, ret, cap);
    return n <= 0 ? -1 : (int)n;
}

/* A subscribed connection: the broker's end of it. */
static int session(struct mqtt *m, int listener) {
    static const uint8_t connack[] = {0x20, 2, 0, 0}, suback[] = {0x90, 3, 0, 1, 1};
    uint8_t bytes[256];
    mqtt_tend(m, 1000);
    int probe = accept(listener, NULL, NULL), fd = accept(listener, NULL, NULL);
    close(probe);
    assert_true(fd >= 0);
    mqtt_flush(m);
    assert_true(heard(fd, bytes, sizeof bytes, 2000) > 0);
    assert_int_equal(bytes[0], 0x10); /* CONNECT */
    assert_int_equal(write(fd, connack, sizeof connack), sizeof connack);
    for (int i = 0; i < 100 && !mqtt_connected(m); i++) {
        usleep(10000);
        mqtt_read(m, 10);
    }
    assert_true(mqtt_connected(m));
    mqtt_flush(m);
    assert_true(heard(fd, bytes, sizeof bytes, 2000) > 0);
    assert_int_equal(bytes[0], 0x82); /* SUBSCRIBE */
    assert_int_equal(write(fd, suback, sizeof suback), sizeof suback);
    return fd;
}

static void deliver(struct mqtt *m, int fd, struct came *came, uint8_t id) {
    uint8_t publish[] = {0x32, 9, 0, 3, 'a', '/', 'b', 0, id, 'h', 'i'};
    int before = came->count;
    assert_int_equal(write(fd, publish, sizeof publish), sizeof publish);
    for (int i = 0; i < 100 && came->count == before; i++) {
        usleep(10000);
        mqtt_read(m, 10);
    }
    assert_int_equal(came->count, before + 1);
    assert_string_equal(came->last, "a/b=hi");
}

static void acknowledged_when_flushed(void **state) {
    (void)state;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    const char *topics[] = {"a/b"};
    struct came came = {0};
    uint8_t bytes[64];
    char trouble[128];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
    struct mqtt_options o = {.host = "127.0.0.1", .port = ntohs(a.sin_port), .client = "t", .topics = topics, .topics_count = 1};
    struct mqtt *m = mqtt_new(&o, on_message, &came, trouble, sizeof trouble);
    assert_non_null(m);
    int fd = session(m, listener);
    deliver(m, fd, &came, 7);
    mqtt_tend(m, 1001);
    mqtt_read(m, 10);
    assert_int_equal(heard(fd, bytes, sizeof bytes, 200), 0);
    mqtt_flush(m);
    assert_int_equal(heard(fd, bytes, sizeof bytes, 2000), 4);
    assert_int_equal(bytes[0], 0x40); /* PUBACK */
    assert_int_equal(bytes[3], 7);
    /* The disk took nothing: the connection goes, and no word of thanks with it. */
    deliver(m, fd, &came, 8);
    mqtt_forget(m, 2000);
    assert_int_equal(heard(fd, bytes, sizeof bytes, 2000), -1);
    mqtt_free(m);
    close(fd);
    close(listener);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(acknowledged_when_flushed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
