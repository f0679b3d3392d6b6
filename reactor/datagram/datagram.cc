#include "datagram.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "../loop/loop_internals.h"
#include "datagram_impl.h"
#include "datagram_segments.h"

namespace sluice {

namespace {

DatagramOptions bounded(DatagramOptions options) noexcept {
  options.max_size = std::min(options.max_size, DatagramOptions::kMaxSize);
  options.batch = std::clamp(options.batch, std::size_t{1}, DatagramOptions::kMaxBatch);
  options.queue_limit = std::min(options.queue_limit, DatagramOptions::kMaxQueue);
  return options;
}

static_assert(DatagramOptions::kOverhead == DatagramQueue::kOverhead);
static_assert(DatagramOptions::kMaxSize < ReceivedDatagrams::kSlotSize);

}  // namespace

void DatagramHandler::on_error(DatagramSocket&, std::error_code, const Address&) {}
void DatagramHandler::on_writable(DatagramSocket&) {}
bool DatagramHandler::is_finished(const DatagramSocket&) const noexcept { return true; }

DatagramSocket::Impl::Impl(Loop& loop, OpenDatagram socket, DatagramHandler& handler,
                           const DatagramOptions& options)
    : LoopComponent(loop),
      handler_(handler),
      options_(bounded(options)),
      socket_(std::move(socket)),
      buffers_(loop, options_.batch),
      queue_(options_.queue_limit),
      watch_again_(loop, [this] { update_watcher(); }) {
  // A bound socket receives only datagrams to its address. For a wildcard socket the kernel says.
  if (!socket_.wildcard && options.want_destination) {
    destination_.to = socket_.local.address();
    destination_.unicast =
        !destination_.to.is_multicast() && !destination_.to.is_limited_broadcast();
  }
  max_segment_ = options_.offload && can_cut(socket_.fd.get()) ? kMaxSegmentBytes : 0;
  // Also switched off: who had this socket before may have switched it on.
  joins_ = join_received(socket_.fd.get(),
                         options_.offload && options_.max_size == DatagramOptions::kMaxSize);
  watcher_.bind<&Impl::on_ready>(this, socket_.fd.get());
  update_watcher();
}

DatagramSocket::Impl::~Impl() {
  assert(calls_ == 0 && "a datagram socket must not be destroyed by its own callback");
  close();
}

void DatagramSocket::Impl::close() noexcept {
  if (closed()) return;
  blocked_ = false;
  // Each failure drops one datagram, so this ends.
  while (!queue_.empty() && !blocked_) transmit();
  count_dropped(queue_.count());
  queue_.clear();
  watcher_.stop(loop().native());
  watch_again_.stop();
  socket_.fd.reset();
  // Outside a turn, the drain would otherwise not end before some other event.
  if (draining_) request_end_of_turn();
}

void DatagramSocket::Impl::begin_drain() {
  draining_ = true;
  if (!closed()) update_watcher();
}

DatagramSocket::DatagramSocket(Loop& loop, DatagramBinding local, DatagramHandler& handler,
                               const DatagramOptions& options)
    : DatagramSocket(
          std::make_unique<Impl>(loop, open_bound(std::move(local), options), handler, options)) {}

std::unique_ptr<DatagramSocket> DatagramSocket::connect(Loop& loop, const Endpoint& peer,
                                                        DatagramHandler& handler,
                                                        const DatagramOptions& options) {
  auto impl = std::make_unique<Impl>(loop, open_connected(peer, options), handler, options);
  return std::unique_ptr<DatagramSocket>(new DatagramSocket(std::move(impl)));
}

DatagramSocket::DatagramSocket(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {
  impl_->set_face(*this);
}

DatagramSocket::~DatagramSocket() = default;

bool DatagramSocket::send_to(std::span<const std::byte> data, const Address& to,
                             unsigned interface) {
  LoopInternals::assert_thread(loop());
  assert(!impl_->connected() && to.is_ip());
  if (!to.is_ip()) return false;
  if (interface == 0) return impl_->send(data, &to, DatagramSource());
  const Address plain = to.unmapped();
  return impl_->send(data, &plain, impl_->source_on(interface, plain.family()));
}

bool DatagramSocket::send(std::span<const std::byte> data) {
  LoopInternals::assert_thread(loop());
  assert(impl_->connected());
  return impl_->send(data, nullptr, DatagramSource());
}

bool DatagramSocket::reply(const Datagram& datagram, std::span<const std::byte> data) {
  LoopInternals::assert_thread(loop());
  return impl_->reply(datagram, data);
}

void DatagramSocket::join(const Address& group, std::string_view interface) {
  LoopInternals::assert_thread(loop());
  change_membership(impl_->socket(), Membership::join, group, interface);
}

void DatagramSocket::leave(const Address& group, std::string_view interface) {
  LoopInternals::assert_thread(loop());
  change_membership(impl_->socket(), Membership::leave, group, interface);
}

Loop& DatagramSocket::loop() const noexcept { return impl_->loop(); }

int DatagramSocket::native_handle() const noexcept { return impl_->socket().fd.get(); }
const Endpoint& DatagramSocket::local() const noexcept { return impl_->socket().local; }

std::size_t DatagramSocket::queued() const noexcept { return impl_->queue().queued(); }
bool DatagramSocket::has_room() noexcept { return impl_->has_room(); }

int DatagramSocket::receive_buffer() const { return receive_buffer_of(impl_->socket()); }

void DatagramSocket::close() noexcept {
  LoopInternals::assert_thread(loop());
  impl_->close();
}

bool DatagramSocket::closed() const noexcept { return impl_->closed(); }

void DatagramSocket::drain(std::chrono::milliseconds deadline, Task done) {
  impl_->drain(deadline, std::move(done));
}

const DatagramCounters& DatagramSocket::counters() const noexcept { return impl_->counters(); }

bool DatagramSocket::draining() const noexcept { return impl_->draining(); }

}  // namespace sluice
