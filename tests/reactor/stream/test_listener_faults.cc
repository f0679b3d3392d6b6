// The errors of accept(), one errno at a time: those that concern one newcomer, and those that stop
// accepting for a while. Most of these cannot be caused in the system, so the test replaces
// accept().
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/listener.h>

namespace {

int fault = 0;   // the errno of accept()
int faults = 0;  // how many more times it fails

int accept_or_fail(int fd, sockaddr* address, socklen_t* size, int flags) {
  if (faults > 0) {
    --faults;
    errno = fault;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_accept4, fd, address, size, flags));
}

}  // namespace

// These replace the functions of the C library.
extern "C" int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  return accept_or_fail(fd, address, size, flags);
}
extern "C" int accept(int fd, sockaddr* address, socklen_t* size) {
  return accept_or_fail(fd, address, size, 0);
}

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr int kForEver = 1'000'000;

struct Service {
  Handler handler;
  std::vector<Report> reports;
  Loop loop{backend_options()};
  Listener listener{loop, Endpoint::from("tcp://127.0.0.1:0"), handler};

  Service() {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  Peer client() { return Peer(listener.endpoint().address()); }
  bool serves() const { return loop.counters().accepted == 1; }
};

}  // namespace

Test(listener_faults, a_newcomer_that_has_disconnected_is_skipped_without_a_report) {
  for (const int error : {ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
                          EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH}) {
    Service service;
    fault = error;
    faults = 3;
    const Peer next = service.client();
    turn_until(
        service.loop, [&] { return service.serves(); }, std::strerror(error));
    cr_expect(faults == 0);
    cr_expect(service.reports.empty() && service.loop.counters().refused == 0);
    cr_expect(service.loop.counters().turns < 10, "%s", std::strerror(error));
  }
}

Test(listener_faults, a_listener_that_always_fails_does_not_keep_the_loop) {
  Service service;
  fault = ECONNABORTED;
  faults = kForEver;
  const Peer waiting = service.client();
  service.loop.run_once();
  cr_expect(kForEver - faults <= 64, "one batch a turn");
  faults = 0;
  turn_until(service.loop, [&] { return service.serves(); });
}

Test(listener_faults, without_memory_accepting_pauses_with_a_report_and_continues_later) {
  for (const int error : {ENOBUFS, ENOMEM}) {
    Service service;
    fault = error;
    faults = kForEver;
    const Peer waiting = service.client();
    turn_a_while(service.loop, 30);
    cr_expect(kForEver - faults <= 3, "it tried %d times", kForEver - faults);
    cr_assert(service.reports.size() == 1);
    cr_expect(service.reports[0].kind == Report::Kind::out_of_descriptors);
    cr_expect(service.reports[0].error.value() == error);
    faults = 0;
    turn_until(service.loop, [&] { return service.serves(); });
    cr_expect(service.loop.counters().refused == 0, "the newcomer that waited is served later");
  }
}

Test(listener_faults, when_the_system_has_no_descriptors_newcomers_are_refused) {
  Service service;
  fault = ENFILE;
  faults = 1;  // the spare descriptor gets one after all
  Peer unlucky = service.client();
  cr_expect(unlucky.receive_all(service.loop).empty());
  cr_expect(service.loop.counters().refused == 1);
  cr_assert(service.reports.size() == 1);
  cr_expect(service.reports[0].error.value() == ENFILE);
  const Peer next = service.client();
  turn_until(service.loop, [&] { return service.serves(); });
}

Test(listener_faults, an_unexpected_error_neither_spins_nor_stops_it) {
  Service service;
  fault = ENOTRECOVERABLE;
  faults = kForEver;
  const Peer waiting = service.client();
  turn_a_while(service.loop, 30);
  cr_expect(kForEver - faults <= 3, "it tried %d times", kForEver - faults);
  cr_assert(service.reports.size() == 1);
  cr_expect(service.reports[0].kind == Report::Kind::socket_error);
  faults = 0;
  turn_until(service.loop, [&] { return service.serves(); });
}
