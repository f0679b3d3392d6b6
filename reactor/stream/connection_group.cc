#include "connection_group.h"

#include <cassert>

#include "connection_table.h"

namespace sluice {

ConnectionGroup::ConnectionGroup(ConnectionTable& table, const ConnectionOptions& options)
    : table_(table),
      loop_(table.loop()),
      options_(options),
      opening_(loop_, options.open_timeout, &Connection::on_open_timeout),
      idle_(loop_, options.idle_timeout, &Connection::on_idle),
      stalled_(loop_, options.write_timeout, &Connection::on_stalled),
      lingering_(loop_, options.linger_timeout, &Connection::on_lingered) {
  assert(options.queue_limit >= options.high_water);
}

}  // namespace sluice
