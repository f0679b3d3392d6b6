#include "datagram_service.h"

#include <utility>

namespace sluice {

DatagramService::DatagramService(Loop& loop, DatagramBinding local, ReplyGuard& guard,
                                 DatagramAnswer answer, AnswerSize size,
                                 const DatagramOptions& options, const AnswerBudget& budget)
    : guard_(guard),
      answer_(std::move(answer)),
      size_(size),
      // Not make_unique: that would clear the buffer, and so make pages resident that echo never
      // uses.
      buffer_(answer_ ? new std::byte[kMaxAnswer] : nullptr),
      errors_(loop, where_),
      socket_(loop, std::move(local), *this, options) {
  where_ = endpoint().to_string();
  if (!answer_) return;
  limits_.emplace(budget);
  guard_.add_port(endpoint().address().port());
}

DatagramService::~DatagramService() {
  if (answer_) guard_.remove_port(endpoint().address().port());
}

void DatagramService::on_datagram(DatagramSocket& socket, const Datagram& datagram) {
  if (!answer_ || datagram.truncated) return;
  if (guard_.admit(datagram, where_, *limits_) != ReplyGuard::Refusal::none) return;
  const auto answer = answer_(datagram.data, {buffer_.get(), kMaxAnswer});
  if (size_ == AnswerSize::at_most_request && answer.size() > datagram.data.size()) return;
  socket.reply(datagram, answer);
}

void DatagramService::on_error(DatagramSocket& /*socket*/, std::error_code error,
                               const Address& to) {
  errors_.report(error, to);
}

}  // namespace sluice
