/* uv_work.c: lanes. */
#include "node/uv_work.h"

#include <stdbool.h>
#include <stdlib.h>

struct job_list {
    struct uv_job *first, *last;
};

struct lane_seat {
    struct uv_lane *lane;
    unsigned index;
};

struct uv_lane {
    uv_mutex_t mutex;
    uv_cond_t wake;
    struct job_list waiting, finished; /* under mutex */
    bool stopping;                     /* under mutex */
    uv_thread_t *threads;
    struct lane_seat *seats; /* one per thread */
    unsigned threads_count;
    uv_async_t async;
    size_t jobs; /* loop thread only */
    bool stopped;
};

static void list_add(struct job_list *l, struct uv_job *job) {
    job->next = NULL;
    if (l->last == NULL) {
        l->first = job;
    } else {
        l->last->next = job;
    }
    l->last = job;
}

static struct uv_job *list_take(struct job_list *l) {
    struct uv_job *job = l->first;
    if (job == NULL) return NULL;
    l->first = job->next;
    if (l->first == NULL) l->last = NULL;
    return job;
}

static void lane_thread(void *argument) {
    const struct lane_seat *seat = argument;
    struct uv_lane *lane = seat->lane;
    uv_mutex_lock(&lane->mutex);
    for (;;) {
        struct uv_job *job = list_take(&lane->waiting);
        if (job == NULL && lane->stopping) break;
        if (job == NULL) {
            uv_cond_wait(&lane->wake, &lane->mutex);
            continue;
        }
        uv_mutex_unlock(&lane->mutex);
        job->thread = seat->index;
        job->run(job);
        uv_mutex_lock(&lane->mutex);
        bool first = lane->finished.first == NULL;
        list_add(&lane->finished, job);
        if (first) uv_async_send(&lane->async);
    }
    uv_mutex_unlock(&lane->mutex);
}

static void deliver(struct uv_lane *lane) {
    uv_mutex_lock(&lane->mutex);
    struct job_list finished = lane->finished;
    lane->finished = (struct job_list){NULL, NULL};
    uv_mutex_unlock(&lane->mutex);
    for (struct uv_job *job = list_take(&finished); job != NULL; job = list_take(&finished)) {
        lane->jobs--;
        job->done(job);
    }
}

static void on_async(uv_async_t *async) {
    deliver(async->data);
}

struct uv_lane *uv_lane_new(uv_loop_t *loop, unsigned threads) {
    CHECK(threads >= 1);
    struct uv_lane *lane = check_alloc(1, sizeof *lane);
    CHECK(uv_mutex_init(&lane->mutex) == 0 && uv_cond_init(&lane->wake) == 0);
    CHECK(uv_async_init(loop, &lane->async, on_async) == 0);
    lane->async.data = lane;
    lane->threads = check_alloc(threads, sizeof *lane->threads);
    lane->seats = check_alloc(threads, sizeof *lane->seats);
    lane->threads_count = threads;
    for (unsigned i = 0; i < threads; i++) {
        lane->seats[i] = (struct lane_seat){lane, i};
        CHECK(uv_thread_create(&lane->threads[i], lane_thread, &lane->seats[i]) == 0);
    }
    return lane;
}

void uv_lane_push(struct uv_lane *lane, struct uv_job *job) {
    CHECK(!lane->stopped);
    lane->jobs++;
    uv_mutex_lock(&lane->mutex);
    list_add(&lane->waiting, job);
    uv_cond_signal(&lane->wake);
    uv_mutex_unlock(&lane->mutex);
}

size_t uv_lane_jobs(const struct uv_lane *lane) {
    return lane->jobs;
}

void uv_lane_stop(struct uv_lane *lane) {
    if (lane->stopped) return;
    uv_mutex_lock(&lane->mutex);
    lane->stopping = true;
    uv_cond_broadcast(&lane->wake);
    uv_mutex_unlock(&lane->mutex);
    for (unsigned i = 0; i < lane->threads_count; i++) uv_thread_join(&lane->threads[i]);
    lane->stopped = true;
    deliver(lane);
}

static void on_closed(uv_handle_t *handle) {
    struct uv_lane *lane = handle->data;
    uv_cond_destroy(&lane->wake);
    uv_mutex_destroy(&lane->mutex);
    free(lane->threads);
    free(lane->seats);
    free(lane);
}

void uv_lane_free(struct uv_lane *lane) {
    if (lane == NULL) return;
    CHECK(lane->stopped && lane->jobs == 0);
    uv_close((uv_handle_t *)&lane->async, on_closed);
}
