// SPDX-License-Identifier: MIT
//
// The models that were loaded: front end, kernels, parameters, operations and bytes of each, the
// one at work marked. On large screens.
#include <string>

#include "tui/figures.h"
#include "tui/panels.h"

namespace kws::tui {

void draw_models(Area area, const Scene& scene) {
  const auto& models = scene.models();
  draw_title(area, models.size() == 1 ? "model" : "models", models.size() > 1 ? "b switches" : "");
  const auto not_negative = [](std::int64_t count) {
    return count_text(count < 0 ? 0 : static_cast<std::uint64_t>(count));
  };
  int y = 1;
  for (std::size_t lane = 0; lane < models.size(); ++lane) {
    const auto& model = models[lane];
    const bool working = scene.model() == &model;
    area.put(1, y, working ? U'●' : U'○', {working ? Ink::kGood : Ink::kFaint});
    area.text(3, y, model.name, {Ink::kPlain, Ink::kPlain, working});
    const std::string kernels = model.kernels.empty() ? "" : " · " + model.kernels;
    area.text(3, y + 1, model.features + kernels, {Ink::kFaint});
    area.text(3, y + 2,
              not_negative(model.parameters) + " parameters · " + not_negative(model.macs) +
                  " MACs · " + bytes_text(model.file_bytes),
              {Ink::kFaint});
    y += 4;
  }
}

}  // namespace kws::tui
