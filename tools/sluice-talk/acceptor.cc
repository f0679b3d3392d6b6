#include "acceptor.h"

#include <cerrno>
#include <utility>

#include "../../reactor/base/try_again.h"

namespace sluice::tools::talk {

Acceptor::Acceptor(Loop& loop, const Endpoint& endpoint, OnAccepted accepted)
    : socket_(endpoint, {}),
      accepted_(std::move(accepted)),
      watch_(loop, socket_.fd(), [this](int /*events*/) { on_newcomer(); }),
      again_(loop, [this] { accept_one(); }) {}

void Acceptor::close() noexcept {
  watch_.stop();
  again_.stop();
  socket_.close();
}

void Acceptor::on_newcomer() {
  Address peer;
  Fd newcomer = socket_.accept(peer);
  if (newcomer) {
    watch_.stop();
    prepare_newcomer(newcomer.get(), peer, {});
    return accepted_(std::move(newcomer), peer);
  }
  if (would_block(errno) || newcomer_gone(errno)) return;  // the watch goes on
  watch_.stop();
  again_.start(kPause);
}

}  // namespace sluice::tools::talk
