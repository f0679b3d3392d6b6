// The rates between two samples of a daemon.
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluicectl/top_samples.h"

using sluice::tools::control::kTopHistory;
using sluice::tools::control::TopSample;
using sluice::tools::control::TopSamples;
using sluice::tools::control::TopView;

namespace {

TopSample sample(double time, std::uint64_t bytes) {
  TopSample sample;
  sample.time = time;
  sample.services = {{.name = "echo",
                      .endpoint = "tcp://127.0.0.1:7",
                      .open = 3,
                      .accepted = bytes / 10,
                      .refused = bytes / 100,
                      .bytes_in = bytes,
                      .bytes_out = 2 * bytes}};
  sample.services[0].refused_by = {{"max", bytes / 100}, {"access", 3}};
  sample.counters = {{"connections_open", 4},
                     {"turns", bytes},
                     {"closed_closed", bytes / 1000},
                     {"closed_peer_reset", 7}};
  sample.lag_sum = time / 100;
  sample.lag_count = time;
  return sample;
}

}  // namespace

Test(top_samples, without_a_second_one_have_no_rates) {
  TopSamples samples;
  samples.add(sample(5, 1000));
  const TopView& view = samples.view();
  cr_expect(view.open == 4);
  cr_assert(view.services.size() == 1);
  cr_expect(view.services[0].open == 3);
  cr_expect(view.services[0].bytes_in == 0);
  cr_expect(view.services[0].history.empty());
  cr_expect(!view.lag.has_value());
  cr_expect(view.ended.empty());
}

Test(top_samples, have_rates_of_the_time_between_them) {
  TopSamples samples;
  samples.add(sample(5, 1000));
  samples.add(sample(7, 5000));
  const TopView& view = samples.view();
  const TopView::Service& echo = view.services.at(0);
  cr_expect(echo.bytes_in == 2000);
  cr_expect(echo.bytes_out == 4000);
  cr_expect(echo.accepted == 200);
  cr_expect(echo.refused == 20);
  cr_assert(echo.refused_by.size() == 1);  // for access there were none meanwhile
  cr_expect(echo.refused_by[0].first == "max" && echo.refused_by[0].second == 20);
  cr_assert(echo.history.size() == 1);
  cr_expect(echo.history[0] == 6000);
  cr_expect(view.turns == 2000);
  cr_expect(view.lag.has_value() && *view.lag > 9.99 && *view.lag < 10.01);
  cr_assert(view.ended.size() == 1);  // of peer_reset there were none meanwhile
  cr_expect(view.ended[0].first == "closed");
  cr_expect(view.ended[0].second == 2);
}

Test(top_samples, keep_a_minute_of_history) {
  TopSamples samples;
  for (int i = 0; i < 100; ++i) samples.add(sample(i, static_cast<std::uint64_t>(i) * 10));
  const TopView::Service& echo = samples.view().services.at(0);
  cr_expect(echo.history.size() == kTopHistory);
  cr_expect(echo.history.back() == 30);
}

Test(top_samples, of_a_daemon_that_was_started_anew_have_no_negative_rates) {
  TopSamples samples;
  samples.add(sample(5, 1000));
  samples.add(sample(6, 10));
  cr_expect(samples.view().services.at(0).bytes_in == 0);
  cr_expect(samples.view().turns == 0);
}

Test(top_samples, begin_anew_for_another_endpoint) {
  TopSamples samples;
  samples.add(sample(5, 1000));
  TopSample other = sample(6, 2000);
  other.services[0].endpoint = "tcp://127.0.0.1:8";
  samples.add(std::move(other));
  cr_expect(samples.view().services.at(0).bytes_in == 0);
}

Test(top_samples, keep_the_peers_until_others_are_read) {
  TopSamples samples;
  TopSample first = sample(5, 1000);
  first.peers.emplace(1, TopView::Peer{.id = "1.1"});
  samples.add(std::move(first));
  samples.add(sample(6, 1000));
  cr_expect(samples.view().peers.size() == 1);
  TopSample third = sample(7, 1000);
  third.peers.emplace();
  samples.add(std::move(third));
  cr_expect(samples.view().peers.empty());
}
