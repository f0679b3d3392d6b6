// The buffers that the datagram sockets of a loop share: for the datagrams that are received, and
// for the headers of those that are sent.
//
// What it is: one set for each loop, because only one socket receives or sends at a time. It exists
// while the loop has datagram sockets. A socket whose datagrams wait for the next turn keeps its
// batch until then; another socket gets a new one.
// Thread: the loop's.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_BUFFERS_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_BUFFERS_H

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "../loop/loop.h"
#include "../loop/loop_component.h"
#include "datagram_batch.h"
#include "datagram_destination.h"
#include "datagram_queue.h"
#include "received_datagrams.h"

namespace sluice {

class DatagramBuffers final : public LoopComponent {
 public:
  // A socket's share in the buffers of its loop. The last share frees them.
  class Share {
   public:
    // Throws std::bad_alloc.
    Share(Loop& loop, std::size_t batch);
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share();
    DatagramBuffers* operator->() const noexcept { return buffers_; }

   private:
    DatagramBuffers* buffers_;
  };

  explicit DatagramBuffers(Loop& loop) : LoopComponent(loop) {}

  // Room to receive `size` datagrams; for fewer, at least one, when there is no memory for so many.
  // Null, and reported, when there is none at all.
  [[nodiscard]] std::unique_ptr<ReceivedDatagrams> take(std::size_t size) noexcept;
  void give_back(std::unique_ptr<ReceivedDatagrams> batch) noexcept;

  // Sends at most `batch` messages from the front of `queue`, without removing them. Equal
  // datagrams of at most `max_segment` bytes are one message. REQUIRES: the queue is not empty.
  struct Sent {
    std::size_t done;     // datagrams
    int error;            // as in BatchResult
    std::size_t segment;  // of the message that failed; 0 if that was one datagram
  };
  Sent send(int fd, std::size_t batch, const DatagramQueue& queue,
            std::size_t max_segment) noexcept;

 private:
  void reserve(std::size_t batch);

  std::size_t shares_ = 0;
  std::unique_ptr<ReceivedDatagrams> incoming_;  // null while a socket has it
  std::vector<BatchMessage> outgoing_;
  std::vector<iovec> outgoing_parts_;
  std::vector<DatagramControl> outgoing_control_;
  std::vector<std::size_t> outgoing_numbers_;  // of datagrams in each message
};

}  // namespace sluice

#endif
