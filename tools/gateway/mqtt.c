#include "tools/gateway/mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEEP_ALIVE_S = 60, RETRY_MS = 500, PROBE_MS = 2000, QOS_AT_LEAST_ONCE = 1 };

struct mqtt {
    struct mosquitto *mosq;
    struct mqtt_options options;
    mqtt_message_fn *fn;
    void *self;
    bool connected, tried;
    uint64_t tried_ms;
    uint32_t unacknowledged;
    char trouble[128];
};

static void trouble_set(struct mqtt *m, int rc) {
    snprintf(m->trouble, sizeof m->trouble, "%s:%u: %s", m->options.host, m->options.port,
             mosquitto_strerror(rc));
}

static void on_connect(struct mosquitto *mosq, void *self, int rc) {
    struct mqtt *m = self;
    if (rc != 0) {
        snprintf(m->trouble, sizeof m->trouble, "%s:%u: %s", m->options.host, m->options.port,
                 mosquitto_connack_string(rc));
        return;
    }
    m->connected = true;
    m->trouble[0] = 0;
    /* Again at each connection: harmless to a session that has them, needed by one that was lost.
     */
    for (uint32_t i = 0; i < m->options.topics_count; i++)
        (void)mosquitto_subscribe(mosq, NULL, m->options.topics[i], QOS_AT_LEAST_ONCE);
}

static void on_disconnect(struct mosquitto *mosq, void *self, int rc) {
    struct mqtt *m = self;
    (void)mosq;
    m->connected = false;
    if (rc != 0) trouble_set(m, rc);
}

static void on_message(struct mosquitto *mosq, void *self, const struct mosquitto_message *msg) {
    struct mqtt *m = self;
    (void)mosq;
    size_t len = msg->payloadlen > 0 ? (size_t)msg->payloadlen : 0;
    if (m->fn != NULL) m->fn(m->self, msg->topic, span_of(msg->payload, len));
}

static void on_publish(struct mosquitto *mosq, void *self, int mid) {
    struct mqtt *m = self;
    (void)mosq;
    (void)mid;
    if (m->unacknowledged > 0) m->unacknowledged--;
}

static int options_set(struct mqtt *m) {
    const struct mqtt_options *o = &m->options;
    int rc = mosquitto_threaded_set(m->mosq, true);
    if (rc == 0 && o->user != NULL) rc = mosquitto_username_pw_set(m->mosq, o->user, o->password);
    if (rc == 0 && o->ca_file != NULL)
        rc = mosquitto_tls_set(m->mosq, o->ca_file, NULL, NULL, NULL, NULL);
    /* As many unacknowledged publications as the caller likes: it counts them. */
    if (rc == 0) rc = mosquitto_max_inflight_messages_set(m->mosq, 0);
    return rc;
}

struct mqtt *mqtt_new(const struct mqtt_options *o, mqtt_message_fn *fn, void *self,
                      char *ret_trouble, size_t trouble_cap) {
    struct mqtt *m = check_alloc(1, sizeof *m);
    *m = (struct mqtt){.options = *o, .fn = fn, .self = self};
    mosquitto_lib_init();
    m->mosq = mosquitto_new(o->client, false, m);
    CHECK(m->mosq != NULL);
    mosquitto_connect_callback_set(m->mosq, on_connect);
    mosquitto_disconnect_callback_set(m->mosq, on_disconnect);
    mosquitto_message_callback_set(m->mosq, on_message);
    mosquitto_publish_callback_set(m->mosq, on_publish);
    int rc = options_set(m);
    if (rc == 0) return m;
    snprintf(ret_trouble, trouble_cap, "%s", mosquitto_strerror(rc));
    mqtt_free(m);
    return NULL;
}

void mqtt_free(struct mqtt *m) {
    if (m == NULL) return;
    mosquitto_destroy(m->mosq);
    mosquitto_lib_cleanup();
    free(m);
}

int mqtt_socket(const struct mqtt *m) {
    return mosquitto_socket(m->mosq);
}

bool mqtt_wants_write(const struct mqtt *m) {
    return mosquitto_want_write(m->mosq);
}

void mqtt_read(struct mqtt *m, uint32_t packets) {
    for (uint32_t i = 0; i < packets; i++) {
        struct pollfd p = {.fd = mosquitto_socket(m->mosq), .events = POLLIN};
        if (p.fd < 0 || poll(&p, 1, 0) != 1) return;
        int rc = mosquitto_loop_read(m->mosq, 1);
        if (rc != MOSQ_ERR_SUCCESS) {
            trouble_set(m, rc);
            m->connected = false;
            return;
        }
    }
}

void mqtt_flush(struct mqtt *m) {
    while (mosquitto_socket(m->mosq) >= 0 && mosquitto_want_write(m->mosq)) {
        struct pollfd p = {.fd = mosquitto_socket(m->mosq), .events = POLLOUT};
        if (poll(&p, 1, 0) != 1) return; /* the rest when the broker reads again */
        int rc = mosquitto_loop_write(m->mosq, 1);
        if (rc != MOSQ_ERR_SUCCESS) {
            trouble_set(m, rc);
            m->connected = false;
            return;
        }
    }
}

/* The library connects blocking: a broker that answers nothing would hold everything up for
 * minutes. So it is tried here first, for PROBE_MS. */
static bool reachable(struct mqtt *m) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    char port[8];
    bool ok = false;
    snprintf(port, sizeof port, "%u", m->options.port);
    if (getaddrinfo(m->options.host, port, &hints, &list) != 0) list = NULL;
    for (struct addrinfo *a = list; a != NULL && !ok; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
        socklen_t len = sizeof error;
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (fd < 0) continue;
        ok = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ||
             (errno == EINPROGRESS && poll(&p, 1, PROBE_MS) == 1 &&
              getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0);
        close(fd);
    }
    if (list != NULL) freeaddrinfo(list);
    if (!ok) trouble_set(m, MOSQ_ERR_NO_CONN);
    return ok;
}

void mqtt_tend(struct mqtt *m, uint64_t now_ms) {
    if (mosquitto_socket(m->mosq) >= 0) {
        (void)mosquitto_loop_misc(m->mosq);
        return;
    }
    if (m->tried && now_ms - m->tried_ms < RETRY_MS) return;
    m->tried_ms = now_ms;
    if (!reachable(m)) return;
    int rc = m->tried ? mosquitto_reconnect(m->mosq)
                      : mosquitto_connect(m->mosq, m->options.host, m->options.port, KEEP_ALIVE_S);
    m->tried = true;
    if (rc != MOSQ_ERR_SUCCESS) trouble_set(m, rc);
}

void mqtt_forget(struct mqtt *m, uint64_t now_ms) {
    int fd = mosquitto_socket(m->mosq);
    m->connected = false;
    m->tried_ms = now_ms;
    /* Shut down under the library: what it has queued cannot leave, and its next read says so. */
    if (fd >= 0) {
        shutdown(fd, SHUT_RDWR);
        (void)mosquitto_loop_read(m->mosq, 1);
    }
}

bool mqtt_connected(const struct mqtt *m) {
    return m->connected;
}

const char *mqtt_trouble(const struct mqtt *m) {
    return m->trouble;
}

bool mqtt_publish(struct mqtt *m, const char *topic, struct span payload) {
    int rc = mosquitto_publish(m->mosq, NULL, topic, (int)payload.len, payload.data,
                               QOS_AT_LEAST_ONCE, false);
    /* Without a connection the message is queued all the same. */
    if (rc != MOSQ_ERR_SUCCESS && rc != MOSQ_ERR_NO_CONN) {
        trouble_set(m, rc);
        return false;
    }
    m->unacknowledged++;
    return true;
}

uint32_t mqtt_unacknowledged(const struct mqtt *m) {
    return m->unacknowledged;
}
