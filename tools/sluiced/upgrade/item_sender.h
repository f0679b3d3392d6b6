// Sends items to a process that has just been started, as fast as it reads them.
//
// Lifetime: must be destroyed before its loop. Thread: the loop's.
// Errors: the loop reports what the system refuses to send; the other process then gets no more,
// and misses the end. If it ends early, nothing is reported.
#ifndef SLUICE_TOOLS_SLUICED_UPGRADE_ITEM_SENDER_H
#define SLUICE_TOOLS_SLUICED_UPGRADE_ITEM_SENDER_H

#include <cstddef>
#include <vector>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/loop/watch.h"
#include "handover_channel.h"

namespace sluice::tools::daemon {

class ItemSender {
 public:
  // REQUIRES: the descriptors of the items stay open until this is destroyed.
  ItemSender(Loop& loop, Fd channel, std::vector<HandoverItem> items);
  ItemSender(const ItemSender&) = delete;
  ItemSender& operator=(const ItemSender&) = delete;
  ~ItemSender() = default;

 private:
  void send();

  HandoverChannel channel_;
  std::vector<HandoverItem> items_;
  std::size_t sent_ = 0;
  Watch watch_;
};

}  // namespace sluice::tools::daemon

#endif
