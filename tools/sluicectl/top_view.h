// The screen of `sluicectl top` as lines of text.
//
// What it is: a pure function of the numbers and the size of the screen. Names and addresses come
// from the daemon with control characters escaped; what does not fit is cut.
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_VIEW_H
#define SLUICE_TOOLS_SLUICECTL_TOP_VIEW_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::tools::control {

// Rates are a second. Those without a second sample are 0.
struct TopView {
  struct Service {
    std::string name{};
    std::string endpoint{};
    std::uint64_t open = 0;
    double accepted = 0;
    double refused = 0;
    std::vector<std::pair<std::string, double>> refused_by{};  // by reason; only what is not 0
    double bytes_in = 0;
    double bytes_out = 0;
    std::vector<double> history{};  // bytes both ways, one value a sample, the oldest first
  };
  struct Peer {
    std::string id{};
    std::string service{};
    std::string address{};
    std::uint64_t queued = 0;
    std::uint64_t age = 0;    // seconds
    std::string paused_by{};  // empty: it is read
  };
  std::string version{};
  std::uint64_t open = 0;
  double turns = 0;
  std::optional<double> lag;                          // milliseconds, on average
  std::vector<std::pair<std::string, double>> ended;  // by reason; only those that are not 0
  std::vector<Service> services;
  std::vector<Peer> peers;  // the slowest first
};

inline constexpr std::size_t kTopHistory = 60;  // values of TopView::Service::history that count

struct TopLine {
  std::string text;
  bool is_heading = false;
};

// At most `rows` lines of at most `columns` characters.
std::vector<TopLine> top_lines(const TopView& view, std::size_t columns, std::size_t rows);

// "0", "12", "3.4k", "120M": at most five characters.
std::string short_number(double number);
// A character for each of `width` equal parts of the last kTopHistory values: the higher the
// largest value of the part, the denser; relative to the largest of all.
std::string top_bars(const std::vector<double>& history, std::size_t width);

}  // namespace sluice::tools::control

#endif
