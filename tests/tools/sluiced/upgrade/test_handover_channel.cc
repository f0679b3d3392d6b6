// The messages between two daemons: fields, descriptors, and the end.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/upgrade/handover_channel.h"

using namespace sluice;
using namespace sluice::tools::daemon;
using Status = HandoverChannel::Status;

namespace {

struct Pair {
  explicit Pair(std::pair<Fd, Fd> ends = HandoverChannel::make_pair())
      : one(std::move(ends.first)), other(std::move(ends.second)) {}
  HandoverChannel one;
  HandoverChannel other;
};

}  // namespace

Test(handover_channel, a_message_arrives_whole_with_its_descriptor) {
  const Pair pair;
  HandoverMessage message;
  cr_expect(pair.other.receive(message) == Status::would_block);
  int ends[2];
  cr_assert(::pipe(ends) == 0);
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  const std::vector<std::string> fields = {"socket", "", "a\nb", "unix:///x y"};
  cr_expect(pair.one.send(fields, write_end.get()) == Status::done);
  cr_expect(pair.one.send({"end"}) == Status::done);
  cr_expect(pair.other.wait(std::chrono::milliseconds(0)));
  cr_assert(pair.other.receive(message) == Status::done);
  cr_expect(message.fields == fields);
  cr_assert(static_cast<bool>(message.fd));
  cr_expect((::fcntl(message.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  cr_expect(::write(message.fd.get(), "x", 1) == 1);
  char byte = 0;
  cr_expect(::read(read_end.get(), &byte, 1) == 1 && byte == 'x');
  cr_assert(pair.other.receive(message) == Status::done);
  cr_expect(message.fields == std::vector<std::string>{"end"} && !message.fd);
}

Test(handover_channel, the_end_of_the_other_side_is_reported) {
  auto [ours, theirs] = HandoverChannel::make_pair();
  const HandoverChannel channel(std::move(ours));
  cr_expect(!channel.wait(std::chrono::milliseconds(1)));
  theirs.reset();
  HandoverMessage message;
  cr_expect(channel.receive(message) == Status::ended);
  cr_expect(channel.send({"go"}) == Status::ended);
}

Test(handover_channel, a_message_that_is_too_long_is_an_error) {
  const Pair pair;
  try {
    (void)pair.one.send({std::string(HandoverChannel::kMaxMessage + 1, 'x')});
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::message_size);
  }
}
