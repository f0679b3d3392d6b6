// References to sockets that were passed, and the environment that describes them. The sockets
// themselves are in tests/e2e/operation/test_socket_activation.py.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/settings/passed_sockets.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

Fd listening() {
  Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
  cr_assert(::listen(fd.get(), 1) == 0);
  return fd;
}

using Texts = std::vector<std::string>;

}  // namespace

Test(passed_sockets, a_name_of_several_sockets_is_a_reference_to_each) {
  PassedSockets sockets;
  sockets.add("one", listening());
  sockets.add("two", listening());
  sockets.add("two", listening());
  cr_expect((sockets.expand("fd:one") == Texts{"fd:one"}));
  cr_expect((sockets.expand("fd:two") == Texts{"fd:two:1", "fd:two:2"}));
  cr_expect((sockets.expand("fd:two:2") == Texts{"fd:two:2"}));
  cr_expect((sockets.expand("tcp://*:7") == Texts{"tcp://*:7"}));
  cr_expect((sockets.expand_listen("echo=fd:two,max=3,idle=1s") ==
             Texts{"echo=fd:two:1,max=3,idle=1s", "echo=fd:two:2,max=3,idle=1s"}));
  for (const std::string text : {"", "echo", "echo=", "=", "echo=fd:none", "fd:two"}) {
    cr_expect((sockets.expand_listen(text) == Texts{text}), "%s", text.c_str());
  }
  cr_expect(sockets.find("fd:two:2").descriptor == sockets.all()[2].fd.get());
  cr_expect(sockets.reference_to(sockets.all()[0]) == "fd:one");
  cr_expect(sockets.reference_to(sockets.all()[2]) == "fd:two:2");
}

Test(passed_sockets, a_reference_to_nothing_says_what_there_is) {
  PassedSockets sockets;
  const auto message_of = [&](const std::string& reference) {
    return usage_error_of([&] { (void)sockets.find(reference); });
  };
  cr_expect(message_of("fd:a").find("no socket was passed") != std::string::npos);
  sockets.add("a", listening());
  sockets.add("b", listening());
  cr_expect(message_of("fd:c").ends_with("has that name; passed: a and b"));
  cr_expect(message_of("fd:a:2").ends_with("1 that were passed have the name \"a\""));
  for (const std::string wrong : {"fd:a:0", "fd:a:x", "fd:a:", "fd:a:1:1", "fd:"}) {
    cr_expect(!message_of(wrong).empty(), "%s", wrong.c_str());
  }
}

Test(passed_sockets, an_environment_for_another_process_is_removed_and_not_used) {
  ::setenv("LISTEN_PID", "1", 1);
  ::setenv("LISTEN_FDS", "7", 1);
  ::setenv("LISTEN_FDNAMES", "a", 1);
  PassedSockets sockets;
  sockets.read_environment();
  cr_expect(sockets.all().empty());
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    cr_expect(::getenv(name) == nullptr, "%s", name);
  }
}
