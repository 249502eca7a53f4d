#include "controller/failure_words.h"

namespace ebbgate {

FailureWords words_of(FailureCause cause) {
  switch (cause) {
    case FailureCause::command_not_started:
      return {
          "Its command could not be started.",
          "See that the program exists, and that the user whom Ebbgate runs as may execute it."};
    case FailureCause::command_exit:
      return {"Its command ended with an error.",
              "Run the command by hand, as the user whom Ebbgate runs as, and mend what it says."};
    case FailureCause::command_killed:
      return {"A signal that was not Ebbgate's ended its command.",
              "Find what sent it: a crash of the command, or a lack of memory."};
    case FailureCause::command_timeout:
      return {"Its command did not end in time.",
              "Find what it waits for, or raise the `timeout` of its `update`."};
    case FailureCause::command_lost:
      return {"Its command ended, but not so that Ebbgate could learn how.",
              "See whether something else collects the exit statuses of Ebbgate's children."};
    case FailureCause::http_unreachable:
      return {"Its hook could not be reached.",
              "See that the service runs, and that the `url` of its `update` is right."};
    case FailureCause::http_untrusted:
      return {"There is no connection to its hook that can be trusted.",
              "See that its certificate is valid for the `url`, and that this machine trusts who "
              "issued it."};
    case FailureCause::http_status:
      return {
          "Its hook answered with an error.",
          "See its last error for what was answered; the log of that service may say more. After "
          "404, see that the path in the `url` of its `update` is right."};
    case FailureCause::http_broken:
      return {"The connection to its hook broke off before the answer was whole.",
              "See the log of that service: it may have crashed or been restarted."};
    case FailureCause::http_timeout:
      return {"Its hook gave no whole answer in time.",
              "See what keeps that service, or raise the `timeout` of its `update`."};
    case FailureCause::signal_pid_file:
      return {"Its pid file cannot be read.",
              "See that `pid_file` is a regular file, and let the user whom Ebbgate runs as read "
              "it."};
    case FailureCause::signal_no_process:
      return {"The process that its pid file names does not run.", "Start the program."};
    case FailureCause::signal_denied:
      return {"Ebbgate may not send its process a signal.",
              "Run Ebbgate as the user of that process, or give it CAP_KILL."};
    case FailureCause::api_unreachable:
      return {"The API server could not be reached, or Ebbgate has no credentials for it.",
              "See the problems that `ebbgate status` tells, and Ebbgate's log."};
    case FailureCause::api_denied:
      return {"The API server denied the update.",
              "The message names who denied it: grant Ebbgate the right to patch it, or mend the "
              "admission policy or the change that it refuses."};
    case FailureCause::api_invalid:
      return {"The API server finds the workload invalid as updated.",
              "Mend what the message names in the workload's manifest."};
    case FailureCause::api_throttled:
      return {"The API server asked for fewer requests.", "Nothing needs to be done."};
    case FailureCause::api_conflict:
      return {"Somebody else wrote to the workload at the same time.",
              "If this goes on, find who rewrites it: its managedFields name them."};
    case FailureCause::api_server_error:
      return {"The API server failed.", "See whether the API server and its etcd are healthy."};
    case FailureCause::api_broken:
      return {"The API server gave no whole answer in time.",
              "See whether the API server and the network to it are healthy."};
    case FailureCause::lease_ending:
      return {"Ebbgate's lease was about to end, so nothing was sent.",
              "If this goes on, see whether the Lease can be renewed in time."};
    case FailureCause::not_configured:
      return {"The workload is gone, or has no update in the configuration.",
              "See whether it is still to be there."};
    case FailureCause::own_resources:
      return {"Ebbgate lacks descriptors, memory or threads of its own.",
              "Raise its limits, such as LimitNOFILE or the container's memory."};
    case FailureCause::interrupted:
      return {"Ebbgate stopped while the update was under way, so its outcome is not known.",
              "Nothing needs to be done: it is repeated once."};
    case FailureCause::http_redirect:
      return {"Its hook answered with a redirect, which is not followed.",
              "Write the address that it redirects to as the `url` of its `update`."};
    case FailureCause::http_not_tls:
      return {
          "What listens at the https `url` of its hook does not answer as a TLS server does.",
          "Where the service speaks plain HTTP, let its `url` begin with http://; otherwise see "
          "its port, and its log."};
    case FailureCause::http_tls_expected:
      return {"What listens at the http `url` of its hook speaks TLS.",
              "Let the `url` of its `update` begin with https://."};
    case FailureCause::http_not_http:
      return {"What listens at the `url` of its hook does not speak HTTP.",
              "See that the port in the `url` of its `update` is that of the service."};
    case FailureCause::http_too_long:
      return {"Its hook's answer has more headers than Ebbgate reads.",
              "Find why that service sends so many headers: 64 KiB are read before a body."};
    case FailureCause::http_no_answer:
      return {
          "Its hook closed the connection without an answer.",
          "See the log of that service: it may have crashed, or expect https:// where its `url` "
          "begins with http://."};
    case FailureCause::signal_file_missing:
      return {"Its pid file does not exist.",
              "Start the program, and see that `pid_file` is the file that it writes."};
    case FailureCause::signal_file_empty:
      return {"Its pid file is empty.",
              "See whether the program has started, and whether the disk is full."};
    case FailureCause::signal_file_garbled:
      return {"Its pid file holds something other than a process id.",
              "See that `pid_file` is the file into which the program writes its process id."};
    case FailureCause::signal_file_foreign:
      return {"Its pid file could have been written by somebody who may not signal its process.",
              "Let it belong to root, to Ebbgate's user or to that of the process, and take the "
              "right to write it from everybody else."};
    case FailureCause::signal_file_stale:
      return {"Its pid file is stale: the number in it has become another process's.",
              "Start the program again, so that it writes its pid file anew."};
    case FailureCause::signal_forbidden:
      return {
          "Its pid file names a process that Ebbgate does not signal.",
          "See that `pid_file` is the program's; `allow_pid_1: true` permits it to name the first "
          "process."};
  }
  return {"", ""};
}

}  // namespace ebbgate
