// Loses a block and ends well: for test_launch.py.
#include <cstdlib>

int main() {
  void* volatile block = std::malloc(8);
  block = nullptr;
  return block == nullptr ? EXIT_SUCCESS : EXIT_FAILURE;
}
