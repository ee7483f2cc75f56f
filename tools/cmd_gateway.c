/* cmd_gateway.c: the rows of `suyuan gateway`; the work is in tools/gateway/. */
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/gateway/prove.h"
#include "tools/gateway/run.h"
#include "tools/gateway/simulate.h"

static const struct option_row run_options[] = {
    {"config", OPTION_CONFIG, "FILE", "网关配置（JSON，见 tools/gateway/README.md）",
     "the gateway's configuration (JSON, see tools/gateway/README.md)"},
    {"status", OPTION_STATUS, "TIME", "每隔多久报告一次（默认 10s；0s 从不）",
     "how often to say how it stands (default 10s; 0s never)"},
    CHAIN_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row run_examples[] = {
    {"gateway run --config gate-7.json", "运行网关，直到 SIGTERM", "run the gateway until SIGTERM"},
    {"gateway run --config gate-7.json --json --status 60s", "每分钟输出一行 JSON 状态",
     "a line of JSON status every minute"},
    {NULL, NULL, NULL},
};
const struct command cmd_gateway_run = {
    .name = "gateway run",
    .zh = "RFID 网关：读写器的读取变为账本上的事件",
    .en = "the RFID gateway: what readers see becomes events on the ledger",
    .options = run_options,
    .examples = run_examples,
    .more_zh = "来源：MQTT、HTTP POST /reads（仅 "
               "127.0.0.1）、标准输入。读取落盘之后才确认；断电、断网、崩溃都不"
               "丢失读取，每次真实的移动在账本上恰有一个事件。\n"
               "只有标准输入一个来源时，全部事件上链后自行结束。",
    .more_en =
        "Sources: MQTT, HTTP POST /reads (127.0.0.1 only), standard input. A read is acknowledged "
        "once it is on the disk; no power loss,\n"
        "outage or crash loses one, and every real movement is one event on the ledger.\n"
        "With standard input as the only source it ends when all its events are on the ledger.",
    .run = gateway_run,
};

static const struct option_row simulate_options[] = {
    {"config", OPTION_CONFIG, "FILE", "网关配置：区域、天线、映射",
     "a gateway's configuration: zones, antennas, mapping"},
    {"file", OPTION_FILE, "FILE", "重放记录的流（JSON 行；- 为标准输入）",
     "replay a recorded stream (JSON lines; -: standard input)"},
    {"tags", OPTION_TAGS, "N", "标签数（默认 100）", "tags (100)"},
    {"visits", OPTION_VISITS, "N", "每个标签到访区域的次数（默认 4）", "visits of a tag (4)"},
    {"reads", OPTION_READS, "N", "每次到访约多少次读取（默认 24）", "reads of a visit, about (24)"},
    {"seed", OPTION_SEED, "N", "种子：同样的种子，同样的流（默认 1）",
     "the seed: the same seed, the same stream (1)"},
    {"begin", OPTION_BEGIN, "TIME", "流的起始时间（默认一天前）", "when it begins (a day ago)"},
    {"spread", OPTION_SPREAD, "TIME", "标签在多长时间内陆续出现（默认 30m）",
     "the time within which tags appear (30m)"},
    {"format", OPTION_FORMAT, "FORM", "generic（默认）、impinj、zebra 或 mixed",
     "generic (default), impinj, zebra or mixed"},
    {"http", OPTION_HTTP, "URL", "POST 到 URL，直到被接收", "POST to URL until it is taken"},
    {"mqtt", OPTION_MQTT, "HOST:PORT", "经 MQTT 发布（QoS 1）", "publish over MQTT (QoS 1)"},
    {"topic", OPTION_TOPIC, "TOPIC", "MQTT 主题", "the MQTT topic"},
    {"rate", OPTION_RATE, "N", "每秒读取数（默认尽快）", "reads per second (as fast as it goes)"},
    {"per-message", OPTION_MESSAGE, "N", "每条消息的读取数（默认 50）", "reads of a message (50)"},
    {"spool", OPTION_SPOOL, NULL, "写入网关自己的队列，如同网关当时已收到而账本不可达",
     "into the gateway's own spool, as if received then while the ledger was away"},
    {"expected", OPTION_EXPECTED, "FILE", "写下网关应产生的事件，每行一个",
     "write down the events a gateway must make, one a line"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row simulate_examples[] = {
    {"gateway simulate --config gate-7.json --tags 1000 --expected expected.tsv --http "
     "http://127.0.0.1:8085/reads",
     "一千个标签走过各区域，经 HTTP 送给网关",
     "a thousand tags through the zones, to a gateway by HTTP"},
    {"gateway simulate --config gate-7.json --spool --begin 2026-11-16T00:00:00+08:00 --spread 7d",
     "断网一周的队列；之后 gateway run 补送",
     "the spool of a week without network; gateway run then catches up"},
    {"gateway simulate --file monday.jsonl --mqtt 127.0.0.1:1883 --rate 500",
     "以每秒 500 次重放记录", "replay a record at 500 reads a second"},
    {NULL, NULL, NULL},
};
const struct command cmd_gateway_simulate = {
    .name = "gateway simulate",
    .zh = "模拟读写器：重放记录，或生成已知结果的流",
    .en = "play the readers: a recorded stream, or a made-up one with known outcome",
    .options = simulate_options,
    .examples = simulate_examples,
    .run = gateway_simulate,
};

static const struct option_row prove_options[] = {
    {"config", OPTION_CONFIG, "FILE", "网关配置（找到它的队列）",
     "the gateway's configuration (where its spool is)"},
    {"tag", OPTION_TAG, "HEX", "标签的 EPC", "the tag's EPC"},
    {"at", OPTION_AT, "TIME", "取最接近此时的读取（默认最近的）",
     "the read nearest to this time (default: the last)"},
    {"read", OPTION_READ, "N", "队列中的第 N 次读取", "the N-th read of the spool"},
    {"output", OPTION_OUTPUT, "FILE", "写入的文件", "the file to write"},
    {"check", OPTION_CHECK, "FILE", "检查一个这样的文件，不需要网关",
     "check such a file, without the gateway"},
    CHAIN_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row prove_examples[] = {
    {"gateway prove --config gate-7.json --tag 302e98ec76201a8000000007 --at 2026-06-01T08:00:00Z "
     "-o read.syr",
     "打开一次有争议的读取", "open a disputed read"},
    {"gateway prove --check read.syr --genesis genesis", "任何人都可检查", "anybody checks it"},
    {NULL, NULL, NULL},
};
const struct command cmd_gateway_prove = {
    .name = "gateway prove",
    .zh = "打开一次原始读取，并证明它当时已在网关",
    .en = "open a raw read and prove that the gateway had it then",
    .options = prove_options,
    .examples = prove_examples,
    .more_zh = "原始读取留在网关；每小时的 Merkle 根已上链，事后无法添改。",
    .more_en = "Raw reads stay at the gateway; the Merkle root of each hour is on the ledger, so "
               "none can be added "
               "or changed afterwards.",
    .run = gateway_prove,
};
