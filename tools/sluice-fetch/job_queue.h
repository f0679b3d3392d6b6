// The order in which URLs are fetched, and how many of one host at a time.
//
// What it is: jobs are taken in the order of the list, except that a job whose host has
// reached its limit waits until one of the transfers of that host ends. Later jobs go ahead of it.
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_JOB_QUEUE_H
#define SLUICE_TOOLS_SLUICE_FETCH_JOB_QUEUE_H

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "options.h"

namespace sluice::tools::fetch {

class JobQueue {
 public:
  // All jobs wait. `most` is the limit for each host and port; 0: none.
  JobQueue(const std::vector<FetchJob>& jobs, std::size_t most);
  JobQueue(const JobQueue&) = delete;  // its parts point to each other
  JobQueue& operator=(const JobQueue&) = delete;

  // The number of the next job that may begin; nothing if all wait for others to end, or if none
  // waits. It counts until ended().
  std::optional<std::size_t> next();
  void ended(std::size_t job);
  // A job that is to be done once more, before later ones of its host. REQUIRES: it has ended.
  void again(std::size_t job);

 private:
  struct Host {
    std::set<std::size_t> waiting{};
    std::size_t active = 0;
  };

  void offer(Host& host);

  std::size_t most_;
  std::map<std::string, Host> hosts_;
  std::vector<Host*> host_of_;          // of each job
  std::map<std::size_t, Host*> ready_;  // hosts with room, by their first waiting job
};

}  // namespace sluice::tools::fetch

#endif
