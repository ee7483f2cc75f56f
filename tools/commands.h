/* commands.h: the rows of the command table, one per subcommand, each defined in its cmd_*.c. */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "tools/tool.h"

extern const struct command cmd_key_new, cmd_key_show;
extern const struct command cmd_genesis_make, cmd_genesis_show;
extern const struct command cmd_submit, cmd_outbox_list, cmd_outbox_flush;
extern const struct command cmd_verify, cmd_trace, cmd_proof_get, cmd_record_show;
extern const struct command cmd_member_list, cmd_member_show, cmd_member_admit, cmd_member_suspend,
    cmd_member_key_add, cmd_member_key_revoke, cmd_member_approve, cmd_member_submit;
extern const struct command cmd_cert_type, cmd_cert_issue, cmd_cert_revoke,
    cmd_cert_show, cmd_cert_list, cmd_cert_check,
    cmd_cert_print;
extern const struct command cmd_status, cmd_checkpoint_show, cmd_checkpoint_policy;
extern const struct command cmd_completion, cmd_help, cmd_version;
extern const struct command cmd_epcis_hash;
extern const struct command cmd_code_convert, cmd_code_check, cmd_code_pack, cmd_code_packs,
    cmd_code_void, cmd_code_claim, cmd_code_show, cmd_code_labels;
extern const struct command cmd_open, cmd_delete;
extern const struct command cmd_flow_rule, cmd_flow_party, cmd_flow_yield;
extern const struct command cmd_recall_plan, cmd_recall_drill, cmd_recall_order, cmd_recall_lift;
extern const struct command cmd_scan_report, cmd_scan_show, cmd_scan_anchor, cmd_scan_check;
extern const struct command cmd_bench;
extern const struct command cmd_gateway_run, cmd_gateway_simulate, cmd_gateway_prove;
extern const struct command cmd_devnet_up, cmd_devnet_down, cmd_devnet_status, cmd_devnet_kill,
    cmd_devnet_start;

#endif
