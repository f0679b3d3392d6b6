#include "connection_group.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "connection_table.h"

namespace sluice {

using std::chrono::milliseconds;

ConnectionOptions in_range(ConnectionOptions options) {
  for (milliseconds* timeout :
       {&options.idle_timeout, &options.message_timeout, &options.first_message_timeout,
        &options.write_timeout, &options.open_timeout, &options.linger_timeout}) {
    *timeout = std::clamp(*timeout, milliseconds(0), IdleList::kMaxTimeout);
  }
  options.queue_limit = std::max(options.queue_limit, options.high_water);
  if (options.max_read == 0) options.max_read = Loop::kReadBufferSize;
  options.max_read = std::min(options.max_read, Loop::kReadBufferSize);
  return options;
}

bool same_limits(const ConnectionOptions& a, const ConnectionOptions& b) noexcept {
  const auto limits = [](const ConnectionOptions& of) {
    return std::tie(of.idle_timeout, of.message_timeout, of.first_message_timeout, of.min_rate,
                    of.write_timeout, of.open_timeout, of.linger_timeout, of.high_water,
                    of.keep_reading, of.queue_limit, of.overflow, of.max_read, of.input_limit);
  };
  return limits(a) == limits(b);
}

ConnectionGroup::MessageLists::MessageLists(Loop& loop, const ConnectionOptions& options)
    : first(loop, options.first_message_timeout, &Connection::on_message_timeout),
      whole(loop, options.message_timeout, &Connection::on_message_timeout) {}

ConnectionGroup::ConnectionGroup(ConnectionTable& table, const ConnectionOptions& options,
                                 ConnectionGroup* of)
    : table_(table),
      loop_(table.loop()),
      options_(in_range(options)),
      of_(of),
      opening_(loop_, options_.open_timeout, &Connection::on_open_timeout),
      idle_(loop_, options_.idle_timeout, &Connection::on_idle),
      stalled_(loop_, options_.write_timeout, &Connection::on_stalled),
      lingering_(loop_, options_.linger_timeout, &Connection::on_lingered) {
  if (options_.message_timeout.count() > 0 || options_.first_message_timeout.count() > 0) {
    messages_ = std::make_unique<MessageLists>(loop_, options_);
  }
}

const ListenerCounters& ConnectionGroup::total() noexcept {
  for (ConnectionGroup* variant : variants_) {
    detail::count_up(counters.bytes_in, std::exchange(variant->counters.bytes_in, 0));
    detail::count_up(counters.bytes_out, std::exchange(variant->counters.bytes_out, 0));
  }
  return counters;
}

}  // namespace sluice
