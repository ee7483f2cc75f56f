/* mqtt.h: the only door to libmosquitto. One connection to a broker; one thread.
 *
 * As a subscriber: QoS 1 and a persistent session, so the broker keeps what was published while the
 * gateway was away, and brings again what was not acknowledged. libmosquitto writes PUBACK by
 * itself, before it hands the message over; told that other threads exist
 * (mosquitto_threaded_set), it only queues what it would write, and nothing leaves before
 * mqtt_flush. So: mqtt_read hands over what came, the caller makes it durable, mqtt_flush
 * acknowledges. mqtt_forget closes the connection with the acknowledgements unsent: the broker
 * brings everything again.
 *
 * As a publisher: mqtt_publish queues at QoS 1, mqtt_flush sends, mqtt_unacknowledged says how many
 * the broker has not confirmed.
 *
 * Reconnects by itself, at most twice a second; what is not acknowledged is sent or brought again.
 */
#ifndef TOOLS_GATEWAY_MQTT_H
#define TOOLS_GATEWAY_MQTT_H

#include "base/span.h"

struct mqtt_options {
    const char *host, *client;
    uint16_t port;
    const char *user, *password, *ca_file; /* NULL: none */
    const char *const *topics;             /* to subscribe to */
    uint32_t topics_count;
};
typedef void mqtt_message_fn(void *self, const char *topic, struct span payload);

struct mqtt;
/* NULL: the options cannot be used (a CA file that is not there); `trouble` says why. */
struct mqtt *mqtt_new(const struct mqtt_options *o, mqtt_message_fn *fn, void *self,
                      char *ret_trouble, size_t trouble_cap);
void mqtt_free(struct mqtt *m); /* accepts NULL */

/* The descriptor to poll, -1 while there is no connection; POLLOUT too when mqtt_wants_write. */
int mqtt_socket(const struct mqtt *m);
bool mqtt_wants_write(const struct mqtt *m);
/* Takes what has come, at most `packets`. */
void mqtt_read(struct mqtt *m, uint32_t packets);
void mqtt_flush(struct mqtt *m);
/* Keep-alive and reconnecting; now_ms is monotonic. */
void mqtt_tend(struct mqtt *m, uint64_t now_ms);
void mqtt_forget(struct mqtt *m, uint64_t now_ms);
bool mqtt_connected(const struct mqtt *m);
const char *mqtt_trouble(const struct mqtt *m); /* of the last failure; "" */

bool mqtt_publish(struct mqtt *m, const char *topic, struct span payload) MUST_USE;
uint32_t mqtt_unacknowledged(const struct mqtt *m);

#endif
