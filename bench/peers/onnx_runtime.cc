// SPDX-License-Identifier: MIT
//
// ONNX Runtime through its C interface, as the npm package onnxruntime-node brings it: a library
// without a header. Its interface is a table of functions that only ever grows, so the places below
// hold for every release since 1.0 (struct OrtApi in onnxruntime_c_api.h).
#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "peers/contender.h"
#include "peers/onnx_model.h"

namespace kws::peers {
namespace {

/// struct OrtApiBase.
struct ApiBase {
  void** (*get_api)(std::uint32_t version);
  const char* (*version)();
};

constexpr std::uint32_t kApiVersion = 13;
constexpr int kWarnings = 2;           // OrtLoggingLevel
constexpr int kAllOptimisations = 99;  // GraphOptimizationLevel
constexpr int kFloat = 1;              // ONNXTensorElementDataType
constexpr int kArenaAllocator = 1;     // OrtAllocatorType
constexpr int kDefaultMemory = 0;      // OrtMemType

enum Function : std::size_t {
  kGetErrorMessage = 2,
  kCreateEnv = 3,
  kCreateSessionFromArray = 8,
  kRun = 9,
  kCreateSessionOptions = 10,
  kSetGraphOptimizationLevel = 23,
  kSetIntraOpThreads = 24,
  kSetInterOpThreads = 25,
  kCreateTensorWithData = 49,
  kCreateCpuMemoryInfo = 69,
};

class Library {
 public:
  explicit Library(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error(dlerror());
    using GetApiBase = const ApiBase* (*)();
    const auto base = reinterpret_cast<GetApiBase>(dlsym(handle, "OrtGetApiBase"));
    if (base == nullptr) throw std::runtime_error(path + ": has no OrtGetApiBase");
    table_ = base()->get_api(kApiVersion);
    if (table_ == nullptr) throw std::runtime_error(path + ": too old for API 13");
    call(kCreateEnv, kWarnings, "peers", &environment);
    call(kCreateCpuMemoryInfo, kArenaAllocator, kDefaultMemory, &memory);
  }

  /// Every function used here returns a status, null when all is well.
  template <typename... Arguments>
  void call(Function function, Arguments... arguments) const {
    using Pointer = void* (*)(Arguments...);
    void* status = reinterpret_cast<Pointer>(table_[function])(arguments...);
    if (status == nullptr) return;
    using Message = const char* (*)(void*);
    throw std::runtime_error(std::string("ONNX Runtime: ") +
                             reinterpret_cast<Message>(table_[kGetErrorMessage])(status));
  }

  void* environment = nullptr;
  void* memory = nullptr;

 private:
  void** table_ = nullptr;
};

class Session final : public Contender {
 public:
  Session(const Network& network, Precision precision, const Library& library)
      : library_(library),
        input_(network.input),
        logits_(static_cast<std::size_t>(network.labels())) {
    const std::string model = onnx_model(network, precision);
    void* options = nullptr;
    library.call(kCreateSessionOptions, &options);
    library.call(kSetIntraOpThreads, options, 1);
    library.call(kSetInterOpThreads, options, 1);
    library.call(kSetGraphOptimizationLevel, options, kAllOptimisations);
    library.call(kCreateSessionFromArray, library.environment,
                 static_cast<const void*>(model.data()), model.size(), options, &session_);
    const nn::Shape& in = network.layers.front().in;
    features_ = tensor(input_, {1, 1, in.time, in.freq});
    result_ = tensor(logits_, {1, network.labels()});
  }

  void run() override {
    const char* in = "features";
    const char* out = "logits";
    library_.call(kRun, session_, static_cast<void*>(nullptr), &in, &features_, std::size_t{1},
                  &out, std::size_t{1}, &result_);
  }
  std::vector<float> logits() override {
    run();
    return logits_;
  }

 private:
  /// A view of `values`.
  void* tensor(std::vector<float>& values, const std::vector<std::int64_t>& shape) {
    void* result = nullptr;
    library_.call(kCreateTensorWithData, library_.memory, static_cast<void*>(values.data()),
                  values.size() * sizeof(float), shape.data(), shape.size(), kFloat, &result);
    return result;
  }

  const Library& library_;
  std::vector<float> input_;
  std::vector<float> logits_;
  void* session_ = nullptr;
  void* features_ = nullptr;
  void* result_ = nullptr;
};

}  // namespace

std::unique_ptr<Contender> onnx_runtime(const Network& network, Precision precision,
                                        const std::string& library) {
  static const Library kLibrary(library);
  return std::make_unique<Session>(network, precision, kLibrary);
}

}  // namespace kws::peers
