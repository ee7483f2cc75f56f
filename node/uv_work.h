/* uv_work.h: lanes: threads that do the slow work, so that the loop never waits.
 *
 * A lane is a first-in-first-out queue and its threads. A job embeds struct uv_job as its first member and says what to run on a
 * thread and what to do back on the loop. With one thread jobs run one at a time in order and come back in order.
 *
 * Promises: run(job) on a thread of the lane, then done(job) on the loop's thread, each exactly once. What `run` wrote is visible to
 * `done`. Duties: uv_lane_push from the loop's thread only; the job lives until done is called, which may free it. The number
 * of jobs under way is bounded by whoever pushes.
 *
 * Stopping: uv_lane_stop runs what is queued, ends the threads and calls every done before it returns; then uv_lane_free, and the
 * loop must run once more to close the handle.
 */
#ifndef NODE_UV_WORK_H
#define NODE_UV_WORK_H

#include <uv.h>

#include "base/check.h"

struct uv_job;
typedef void uv_job_fn(struct uv_job *job);
struct uv_job {
    uv_job_fn *run, *done;
    struct uv_job *next;
    unsigned thread; /* set before run: which of the lane's threads runs it, from 0; for what each thread has for itself */
};

struct uv_lane;
struct uv_lane *uv_lane_new(uv_loop_t *loop, unsigned threads);
void uv_lane_push(struct uv_lane *lane, struct uv_job *job);
size_t uv_lane_jobs(const struct uv_lane *lane); /* pushed and not done */
void uv_lane_stop(struct uv_lane *lane);
void uv_lane_free(struct uv_lane *lane); /* accepts NULL; stopped before (CHECK) */

#endif
