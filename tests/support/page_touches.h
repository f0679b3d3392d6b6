// Memory that counts the accesses to its pages: the cost of a scan without a clock.
//
// What it is: pages that are made inaccessible on demand. A SIGSEGV handler counts the first access
// to each after that, and makes the page accessible again. One at a time in a process.
#ifndef SLUICE_TESTS_SUPPORT_PAGE_TOUCHES_H
#define SLUICE_TESTS_SUPPORT_PAGE_TOUCHES_H

#include <cstddef>
#include <span>
#include <string_view>

namespace sluice::test {

class PageTouches {
 public:
  explicit PageTouches(std::string_view contents);
  PageTouches(const PageTouches&) = delete;
  PageTouches& operator=(const PageTouches&) = delete;
  ~PageTouches();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {memory_, size_}; }
  [[nodiscard]] std::size_t pages() const;
  // From here on the next access to each page counts again.
  void arm();
  [[nodiscard]] std::size_t count() const;

 private:
  std::byte* memory_;
  std::size_t size_;
  std::size_t mapped_;
};

}  // namespace sluice::test

#endif
