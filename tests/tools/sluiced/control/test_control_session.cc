// What the answers of the control socket cost those who are served meanwhile.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "support/slowness.h"
#include "support/streams.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/control/control_server.h"
#include "tools/sluiced/control/control_target.h"

using namespace sluice;
using namespace sluice::test;
using namespace sluice::tools::daemon;
using std::chrono::microseconds;

namespace {

class Target final : public ControlTarget {
 public:
  Target() : guard_(loop_), services_(loop_, guard_) {}
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() {
    services_.drain_all(std::chrono::milliseconds(0), {});
    turn_until(
        loop_, [this] { return services_.members().empty(); }, "the end of all services");
  }

  [[nodiscard]] ServiceSet& services() noexcept { return services_; }
  [[nodiscard]] Loop& loop() noexcept override { return loop_; }
  [[nodiscard]] const ServiceSet& service_set() const noexcept override { return services_; }
  [[nodiscard]] Bans& bans() noexcept override { return services_.bans(); }
  [[nodiscard]] Monitor& monitor() noexcept override { return monitor_; }
  void drain_service(Service& service) override {
    services_.drain(service, std::chrono::milliseconds(0));
  }
  [[nodiscard]] const std::vector<SandboxLayer>& sandbox() const noexcept override {
    return layers_;
  }
  [[nodiscard]] std::uint64_t udp_unanswered() const noexcept override { return 0; }
  [[nodiscard]] std::uint64_t log_dropped() const noexcept override { return 0; }
  void set_log_level(LogLevel /*level*/) noexcept override {}
  void reload_for_client(ReloadDone done) noexcept override { done(false, {}); }
  void upgrade_for_client(ReloadDone done) noexcept override { done(false, {}); }
  void stop_for_client() noexcept override {}
  void log_control(std::string_view /*text*/) noexcept override {}

 private:
  Monitor monitor_;
  Loop loop_;
  ReplyGuard guard_;
  ServiceSet services_;
  std::vector<SandboxLayer> layers_;
};

// Of this thread: a busy machine does not make it more.
microseconds cpu_time() {
  timespec now{};
  cr_assert(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::duration_cast<microseconds>(std::chrono::nanoseconds(now.tv_nsec));
}

struct World {
  World() {
    target.services().start(spec, std::span(&spec, 1));
    ControlSettings settings;
    settings.socket = Endpoint::from("unix://" + (scratch / "control"));
    server.emplace(target, settings, Fd());
  }

  Scratch scratch;
  ListenSpec spec = parse_listen("echo=unix://" + (scratch / "echo"), {});
  Target target;
  std::optional<ControlServer> server;
};

std::size_t answers_in(const std::string& text) {
  constexpr std::string_view kEnd = "\nok\n";
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(kEnd, at)) != text.npos; ++at) ++count;
  return count;
}

}  // namespace

// More connections take longer in all, but no turn does. A turn took less than 1 ms in an optimized
// build; the bound leaves room for a machine with other work.
Test(control_session, a_list_of_thousands_of_connections_is_made_in_pieces) {
  constexpr std::size_t kConnections = 2000;
  const microseconds most = microseconds(20'000) * slowness();
  World world;
  Loop& loop = world.target.loop();
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < kConnections; ++i) {
    peers.emplace_back(world.spec.endpoint().address());
    loop.poll();
  }
  turn_until(
      loop, [&] { return loop.counters().connections_open == kConnections; }, "all connections");

  Peer client(world.server->endpoint().address());
  client.send("show connections\nmetrics\nshow services\n");
  std::string answer;
  microseconds longest{0};
  int turns = 0;
  while (answers_in(answer) < 3) {
    const microseconds before = cpu_time();
    loop.poll();
    ++turns;
    longest = std::max(longest, cpu_time() - before);
    answer += client.waiting();
  }
  const auto lines = static_cast<std::size_t>(std::count(answer.begin(), answer.end(), '\n'));
  cr_expect(lines > kConnections, "%zu lines", lines);
  cr_expect(turns >= 10, "%d turns", turns);
  cr_expect(longest < most, "%lld us", static_cast<long long>(longest.count()));
}
