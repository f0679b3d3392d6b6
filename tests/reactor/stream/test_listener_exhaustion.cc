// A listener without descriptors: newcomers are refused, the loop sleeps, and accepting continues
// when there are descriptors again.
#include <sys/resource.h>

#include <cerrno>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/descriptors.h"
#include "support/streams.h"
#include <sluice/listener.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

namespace {

struct Service {
  std::vector<Report> reports;
  Handler handler;
  Loop loop{backend_options()};
  Listener listener{loop, Endpoint::from("tcp://127.0.0.1:0"), handler};

  Service() {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  [[nodiscard]] const Address& address() const { return listener.endpoint().address(); }
  [[nodiscard]] std::size_t reports_of(Report::Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(reports.begin(), reports.end(),
                      [kind](const Report& report) { return report.kind == kind; }));
  }
  void run_for(milliseconds time) {
    Timer timer(loop, [this] { loop.stop(); });
    timer.start(time);
    loop.run();
  }
};

milliseconds cpu_used() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) {
    return milliseconds(time.tv_sec * 1000 + time.tv_usec / 1000);
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

}  // namespace

Test(listener_exhaustion, refuses_newcomers_and_reports_why) {
  Service service;
  Hoard hoard(2);
  Peer first(service.address());
  Peer second(service.address());
  turn_until(
      service.loop, [&] { return second.waiting(), second.ended(); }, "the second one's end");
  cr_expect(first.waiting().empty());
  cr_expect(service.loop.counters().refused >= 1);
  cr_assert(service.reports_of(Report::Kind::out_of_descriptors) == 1);
  const Report& report = service.reports.front();
  cr_expect(report.error == std::errc::too_many_files_open);
  cr_expect(report.where == service.listener.endpoint().to_string());
}

Test(listener_exhaustion, serves_existing_connections_meanwhile) {
  Service service;
  service.handler.data = [](Connection& connection, std::string_view text) {
    connection.send(text);
    return text.size();
  };
  Peer member(service.address());
  turn_until(service.loop, [&] { return service.loop.counters().accepted == 1; });
  Hoard hoard(1);
  Peer refused(service.address());
  turn_until(service.loop, [&] { return refused.waiting(), refused.ended(); });
  member.send("still here?");
  cr_expect(member.receive(service.loop, 11) == "still here?");
}

Test(listener_exhaustion, uses_no_processor_time_while_newcomers_wait) {
  Service service;
  Hoard hoard(1);
  Peer refused(service.address());
  turn_until(service.loop, [&] { return refused.waiting(), refused.ended(); });
  // From here on a newcomer always waits: only the back-off keeps the loop from spinning.
  hoard.give(1);
  Peer waiting(service.address());
  const milliseconds before = cpu_used();
  const std::uint64_t turns = service.loop.counters().turns;
  service.run_for(milliseconds(700));
  cr_expect(service.loop.counters().turns - turns < 50, "%lu turns",
            static_cast<unsigned long>(service.loop.counters().turns - turns));
  cr_expect((cpu_used() - before).count() < 100);
}

Test(listener_exhaustion, is_reported_at_most_once_a_second) {
  Service service;
  Hoard hoard(4);
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) peers.emplace_back(service.address());
  const auto begin = Clock::now();
  service.run_for(milliseconds(900));
  const auto seconds = static_cast<std::size_t>((Clock::now() - begin) / milliseconds(1000));
  const std::size_t reports = service.reports_of(Report::Kind::out_of_descriptors);
  cr_expect(reports >= 1 && reports <= 1 + seconds, "%zu", reports);
}

Test(listener_exhaustion, ends_when_there_are_descriptors_again) {
  Service service;
  Hoard hoard(1);
  Peer refused(service.address());
  turn_until(service.loop, [&] { return refused.waiting(), refused.ended(); });
  hoard.give_all();
  Peer welcome(service.address());
  turn_until(
      service.loop, [&] { return service.loop.counters().accepted == 1; }, "the newcomer's turn");
  // The next newcomer does not wait.
  Peer next(service.address());
  turn_until(service.loop, [&] { return service.loop.counters().accepted == 2; });
  turn_until(
      service.loop, [&] { return service.reports_of(Report::Kind::accept_resumed) == 1; },
      "the good news");
}

Test(listener_exhaustion, does_not_outlive_the_listener_that_it_paused) {
  Service service;
  Hoard hoard(1);
  Peer refused(service.address());
  turn_until(service.loop, [&] { return refused.waiting(), refused.ended(); });
  service.listener.close();
  service.run_for(milliseconds(200));
  cr_expect(service.reports_of(Report::Kind::accept_resumed) == 0);
}
