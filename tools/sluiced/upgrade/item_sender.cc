#include "item_sender.h"

#include <utility>

#include "../../../reactor/loop/watcher.h"

namespace sluice::tools::daemon {

ItemSender::ItemSender(Loop& loop, Fd channel, std::vector<HandoverItem> items)
    : channel_(std::move(channel)),
      items_(std::move(items)),
      watch_(loop, channel_.fd(), [this](int /*events*/) { send(); }) {
  watch_.watch(kWritable);
}

void ItemSender::send() {
  try {
    if (send_items(channel_, items_, sent_) != MessageStatus::would_block) watch_.stop();
  } catch (...) {
    watch_.stop();
    throw;
  }
}

}  // namespace sluice::tools::daemon
