#include "connection_group.h"

#include <algorithm>

#include "connection_table.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

// A number that is out of range counts as the nearest one that is allowed.
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

}  // namespace

ConnectionGroup::MessageLists::MessageLists(Loop& loop, const ConnectionOptions& options)
    : first(loop, options.first_message_timeout, &Connection::on_message_timeout),
      whole(loop, options.message_timeout, &Connection::on_message_timeout) {}

ConnectionGroup::ConnectionGroup(ConnectionTable& table, const ConnectionOptions& options)
    : table_(table),
      loop_(table.loop()),
      options_(in_range(options)),
      opening_(loop_, options_.open_timeout, &Connection::on_open_timeout),
      idle_(loop_, options_.idle_timeout, &Connection::on_idle),
      stalled_(loop_, options_.write_timeout, &Connection::on_stalled),
      lingering_(loop_, options_.linger_timeout, &Connection::on_lingered) {
  if (options_.message_timeout.count() > 0 || options_.first_message_timeout.count() > 0) {
    messages_ = std::make_unique<MessageLists>(loop_, options_);
  }
}

}  // namespace sluice
