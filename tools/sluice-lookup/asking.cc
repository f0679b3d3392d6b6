#include "asking.h"

#include <utility>

namespace sluice::tools::lookup {
namespace {

class AskingPool final : public Asking {
 public:
  AskingPool(Loop& loop, const DnsPoolOptions& options, DnsPool::Answered answered)
      : pool_(loop, options, std::move(answered)) {}

  void ask(std::string_view name, DnsType type, DnsPool::Asker asker) override {
    pool_.ask(name, type, asker);
  }
  [[nodiscard]] bool has_room() const noexcept override { return pool_.has_room(); }

 private:
  DnsPool pool_;
};

}  // namespace

std::unique_ptr<Asking> ask_in_the_clear(Loop& loop, const LookupOptions& options,
                                         DnsPool::Answered answered) {
  return std::make_unique<AskingPool>(loop, options.pool, std::move(answered));
}

}  // namespace sluice::tools::lookup
