// The parent of a worker: the small process that keeps its privileges.
//
// What it is: it opens for the worker what is on its list (privileges/privileged_list.h), which it
// derives from the configuration that it reads itself. It passes signals to the worker, and the
// worker's reports to the service manager. It starts the next program at an upgrade. It reads no
// byte of a peer, and from the worker only messages of a fixed form (privileges/request.h). Each
// costs a token, and one that makes it read the configuration again a dearer one, so a worker that
// sends too many only has to wait.
// Lifetime: until the worker has ended. Thread: the main one.
// Errors: the constructor throws std::system_error and std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_PARENT_H
#define SLUICE_TOOLS_SLUICED_PARENT_H

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../../reactor/base/fd.h"
#include "../../reactor/base/token_bucket.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/signals.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/loop/watch.h"
#include "../common/program.h"
#include "account_names.h"
#include "log/log.h"
#include "options.h"
#include "privileges/privileged_list.h"
#include "sandbox/account.h"
#include "service_manager.h"
#include "upgrade/descriptor_message.h"
#include "upgrade/item_sender.h"
#include "upgrade/upgrade.h"

namespace sluice::tools::daemon {

// The ends of the two socket pairs, of one side.
struct LinkEnds {
  Fd requests;
  Fd notices;
};

class Parent {
 public:
  // In a turn, and on average: a start with a thousand endpoints is as fast as the worker asks.
  static constexpr std::size_t kRequestsInTurn = 64;
  static constexpr TokenRate kRequestRate = TokenRate::of(2000, std::chrono::seconds(1), 10'000);
  // The same for notices: each reads the configuration.
  static constexpr TokenRate kNoticeRate = TokenRate::of(20, std::chrono::seconds(1), 100);
  static constexpr std::chrono::milliseconds kPause{50};  // of a worker that is faster

  static constexpr std::chrono::seconds kPatience{5};  // with a worker that is about to end

  struct Started {
    Options command_line;
    Options options;  // with the file, and every host looked up
    Account account;  // of the worker
    StartedProgram program;
    pid_t worker;
  };

  Parent(Log& log, Started started, LinkEnds ends);
  Parent(const Parent&) = delete;
  Parent& operator=(const Parent&) = delete;
  ~Parent() = default;

  // Until the worker has ended; with its exit status.
  Outcome run();

 private:
  void on_requests();
  void answer(ReceivedMessage message, std::span<const std::byte> bytes);
  void send_answer(Answer answer, const Fd& fd) const noexcept;
  PrivilegedList::Opened handle(const Request& request, Fd sent, Answer& answer);
  void on_notices();
  void pass_on(int number) noexcept;
  pid_t start_upgrade(Fd channel);
  // parent_configuration.cc
  void read_configuration() noexcept;
  void on_names() noexcept;
  void send_configuration(std::vector<ListenSpec> specs);
  void send_faults(const std::exception_ptr& error) noexcept;
  void send_text(bool ok, const std::string& text);
  void send_no_text() noexcept;
  PrivilegedList::Opened use_next();

  void worker_ended() noexcept;

  Log& log_;
  Started started_;
  LinkEnds ends_;
  PrivilegedList list_;
  Loop loop_;
  ServiceManager service_manager_;
  std::vector<std::unique_ptr<Signal>> signals_;
  Watch requests_;
  Watch notices_;
  TokenBucket tokens_;
  Timer resume_;
  TokenBucket notice_tokens_;
  Timer resume_notices_;
  Timer retry_;  // of send_no_text()
  bool has_warned_ = false;
  Options next_;                         // the last that was read
  std::unique_ptr<AccountNames> names_;  // its hosts, while they are looked up
  std::optional<Watch> names_watch_;
  std::optional<LogSettings> next_log_;  // of what the worker was sent, and may use
  pid_t next_program_ = -1;
  std::optional<ItemSender> passing_;  // to that program
  bool has_ended_ = false;
  int status_ = 0;  // of the worker, as from waitpid(2)
};

}  // namespace sluice::tools::daemon

#endif
