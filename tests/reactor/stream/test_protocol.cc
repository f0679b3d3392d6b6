// The handler of a connection, and which object frees it.
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <criterion/criterion.h>

#include <sluice/protocol.h>

using sluice::Address;
using sluice::Connection;
using sluice::Protocol;
using sluice::ProtocolFactory;
using sluice::ProtocolRef;

namespace {

class Mute : public Protocol {
 public:
  explicit Mute(int* gone = nullptr) : gone_(gone) {}
  ~Mute() override {
    if (gone_ != nullptr) ++*gone_;
  }
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    return in.size();
  }

 private:
  int* gone_;
};

// A Protocol that is not at the beginning of its object.
struct Other {
  virtual ~Other() = default;
  long fill = 7;
};
struct SecondBase : Other, Mute {
  using Mute::Mute;
};

}  // namespace

Test(protocol_ref, is_one_word) { cr_expect(sizeof(ProtocolRef) == sizeof(void*)); }

Test(protocol_ref, is_false_for_null) {
  const ProtocolRef none(nullptr);
  cr_expect(!static_cast<bool>(none));
  cr_expect(none.get() == nullptr);
  const ProtocolRef no_handler(std::unique_ptr<Mute>{});
  cr_expect(!static_cast<bool>(no_handler));
  cr_expect(no_handler.get() == nullptr);
}

Test(protocol_ref, frees_a_handler_that_it_owns) {
  int gone = 0;
  {
    auto own = std::make_unique<Mute>(&gone);
    const Mute* const handler = own.get();
    const ProtocolRef ref(std::move(own));
    cr_expect(static_cast<bool>(ref));
    cr_expect(ref.get() == handler);
    cr_expect(ref.operator->() == handler);
    cr_expect(gone == 0);
  }
  cr_expect(gone == 1);
}

Test(protocol_ref, does_not_free_a_handler_that_it_shares) {
  int gone = 0;
  Mute shared(&gone);
  {
    const ProtocolRef first(shared);
    ProtocolRef second(shared);
    cr_expect(first.get() == &shared);
    cr_expect(static_cast<bool>(second));
    second.reset();
    cr_expect(!static_cast<bool>(second));
  }
  cr_expect(gone == 0);
}

Test(protocol_ref, accepts_a_handler_that_is_a_second_base) {
  int gone = 0;
  {
    auto own = std::make_unique<SecondBase>(&gone);
    const Protocol* const handler = own.get();
    cr_assert(static_cast<const void*>(handler) != own.get(), "it is the first base here");
    const ProtocolRef ref(std::move(own));
    cr_expect(ref.get() == handler);
  }
  cr_expect(gone == 1);
}

Test(protocol_ref, accepts_a_pointer_to_the_interface) {
  int gone = 0;
  std::unique_ptr<Protocol> own = std::make_unique<Mute>(&gone);
  { const ProtocolRef ref(std::move(own)); }
  cr_expect(gone == 1);
}

Test(protocol_ref, passes_ownership_when_it_is_moved) {
  int gone = 0;
  {
    ProtocolRef from(std::make_unique<Mute>(&gone));
    const Protocol* const handler = from.get();
    ProtocolRef to(std::move(from));
    cr_expect(!static_cast<bool>(from));  // NOLINT(bugprone-use-after-move): the state is promised
    cr_expect(to.get() == handler);
    from = std::move(to);
    cr_expect(from.get() == handler);
    cr_expect(!static_cast<bool>(to));  // NOLINT(bugprone-use-after-move): the state is promised
    cr_expect(gone == 0);
  }
  cr_expect(gone == 1);
  static_assert(!std::is_copy_constructible_v<ProtocolRef>);
  static_assert(!std::is_copy_assignable_v<ProtocolRef>);
}

Test(protocol_ref, frees_its_handler_when_another_is_moved_in) {
  int first_gone = 0;
  int second_gone = 0;
  Mute shared;
  ProtocolRef ref(std::make_unique<Mute>(&first_gone));
  ref = ProtocolRef(std::make_unique<Mute>(&second_gone));
  cr_expect(first_gone == 1);
  cr_expect(second_gone == 0);
  ref = ProtocolRef(shared);
  cr_expect(second_gone == 1);
  cr_expect(ref.get() == &shared);
  ref = nullptr;
  cr_expect(!static_cast<bool>(ref));
}

Test(protocol_ref, survives_a_move_to_itself) {
  int gone = 0;
  ProtocolRef ref(std::make_unique<Mute>(&gone));
  ProtocolRef& same = ref;
  ref = std::move(same);
  cr_expect(gone == 0);
  cr_expect(static_cast<bool>(ref));
}

Test(protocol_ref, frees_once_when_it_is_reset_twice) {
  int gone = 0;
  ProtocolRef ref(std::make_unique<Mute>(&gone));
  ref.reset();
  cr_expect(gone == 1);
  cr_expect(ref.get() == nullptr);
  ref.reset();
  cr_expect(gone == 1);
}

Test(protocol_ref, is_empty_already_while_its_handler_is_destroyed) {
  struct Meddler final : Mute {
    explicit Meddler(int* gone) : Mute(gone) {}
    ~Meddler() override { whose->reset(); }
    ProtocolRef* whose = nullptr;
  };
  int gone = 0;
  auto own = std::make_unique<Meddler>(&gone);
  Meddler* const handler = own.get();
  ProtocolRef ref(std::move(own));
  handler->whose = &ref;
  ref.reset();
  cr_expect(gone == 1);
}

Test(protocol_factory, may_return_an_owned_handler_a_shared_one_or_none) {
  int gone = 0;
  Mute shared(&gone);
  const ProtocolFactory own = [&gone](const Address&) { return std::make_unique<Mute>(&gone); };
  const ProtocolFactory one_for_all = [&shared](const Address&) -> Protocol& { return shared; };
  const ProtocolFactory none = [](const Address&) { return nullptr; };
  cr_expect(static_cast<bool>(own(Address())));
  cr_expect(gone == 1);
  cr_expect(one_for_all(Address()).get() == &shared);
  cr_expect(!static_cast<bool>(none(Address())));
  cr_expect(gone == 1);
}
