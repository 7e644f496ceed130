// Routing: which experts a token goes through, and how much each counts.

enum Score { SOFTMAX = 0, SOFTMAX_OF_CHOSEN = 1, SIGMOID = 2 };

struct Router {
    int experts;
    int used;
    int score;
    int groups;
    int chosen_groups;
    int rank_by_two;
    int normalised;
    float scaling;
    float softcap;
};

// The first of the largest values that are not taken; all lanes of the warp get it. Values that are no numbers are
// taken when nothing else is left.
__device__ int best_of(const float* values, const unsigned char* taken, int count, int lane) {
    float most = -INFINITE;
    int place = count;
    for (int i = lane; i < count; i += 32) {
        if (!taken[i] && (place == count || values[i] > most)) {
            most = values[i];
            place = i;
        }
    }
    for (int distance = 16; distance > 0; distance >>= 1) {
        float other = __shfl_xor_sync(0xffffffffu, most, distance);
        int where = __shfl_xor_sync(0xffffffffu, place, distance);
        bool better = place == count || (where < count && (other > most || (!(most > other) && where < place)));
        if (where < count && better) {
            most = other;
            place = where;
        }
    }
    return place;
}

// A warp a token. Shared memory: scores, claims [experts], claims of groups [groups], then a mark an expert and a group.
extern "C" __global__ void route(
        Router router, const float* logits, const float* correction, int* chosen, float* weights) {
    extern __shared__ float shared[];
    int experts = router.experts;
    float* scores = shared;
    float* claims = shared + experts;
    float* group_claims = claims + experts;
    unsigned char* taken = (unsigned char*)(group_claims + router.groups);
    unsigned char* taken_groups = taken + experts;
    int lane = threadIdx.x;
    await_predecessor();
    admit_successor();
    const float* row = logits + (long long)blockIdx.x * experts;
    float most = -INFINITE;
    for (int i = lane; i < experts; i += 32) {
        float logit = router.softcap == 0.0f ? row[i] : router.softcap * tanhf(row[i] / router.softcap);
        scores[i] = router.score == SIGMOID ? 1.0f / (1.0f + expf(-logit)) : logit;
        most = fmaxf(most, logit);
        taken[i] = 0;
    }
    if (router.score == SOFTMAX) {
        for (int distance = 16; distance > 0; distance >>= 1) {
            most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, distance));
        }
        float sum = 0;
        for (int i = lane; i < experts; i += 32) {
            scores[i] = expf(scores[i] - most);
            sum += scores[i];
        }
        sum = warp_sum(sum);
        for (int i = lane; i < experts; i += 32) {
            scores[i] /= sum;
        }
    }
    for (int i = lane; i < experts; i += 32) {
        claims[i] = correction == nullptr ? scores[i] : scores[i] + correction[i];
    }
    __syncwarp();
    if (router.groups > 1) {
        int size = experts / router.groups;
        for (int group = lane; group < router.groups; group += 32) {
            float first = -INFINITE;
            float second = -INFINITE;
            for (int i = group * size; i < (group + 1) * size; i++) {
                if (claims[i] > first) {
                    second = first;
                    first = claims[i];
                } else if (claims[i] > second) {
                    second = claims[i];
                }
            }
            group_claims[group] = router.rank_by_two ? first + second : first;
            taken_groups[group] = 0;
        }
        __syncwarp();
        for (int i = 0; i < router.chosen_groups; i++) {
            int group = best_of(group_claims, taken_groups, router.groups, lane);
            __syncwarp();
            if (lane == 0) {
                taken_groups[group] = 1;
            }
            __syncwarp();
        }
        for (int i = lane; i < experts; i += 32) {
            taken[i] = !taken_groups[i / size];
        }
        __syncwarp();
    }
    float total = 0;
    float best = 0;
    for (int slot = 0; slot < router.used; slot++) {
        int expert = best_of(claims, taken, experts, lane);
        float weight = scores[expert];
        if (router.score == SOFTMAX_OF_CHOSEN) {
            best = slot == 0 ? weight : best;
            weight = expf(weight - best);
        }
        total += weight;
        __syncwarp();
        if (lane == 0) {
            taken[expert] = 1;
            chosen[(long long)blockIdx.x * router.used + slot] = expert;
            weights[(long long)blockIdx.x * router.used + slot] = weight;
        }
        __syncwarp();
    }
    bool divided = router.score == SOFTMAX_OF_CHOSEN || router.normalised;
    for (int slot = lane; slot < router.used; slot += 32) {
        float* weight = weights + (long long)blockIdx.x * router.used + slot;
        *weight = (divided ? *weight / total : *weight) * router.scaling;
    }
}
