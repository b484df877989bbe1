import type { RefusedBy, Route, RouteCandidate, Router } from '#routing';
import type { UpstreamFault } from '#upstream';

/**
 * Whose turn it is: each candidate of the route once; when none is left, those that refused a
 * parameter of the request once more, without it. So one is asked again for every parameter at the
 * most.
 */
export class Turns {
  readonly #route: Route;
  readonly #router: Router;
  readonly #wanted: (candidate: RouteCandidate) => boolean;
  readonly #candidates: Generator<RouteCandidate, void>;
  readonly #refused: RefusedBy[] = [];
  #askedAgain = 0;

  constructor(route: Route, router: Router, wanted: (candidate: RouteCandidate) => boolean) {
    this.#route = route;
    this.#router = router;
    this.#wanted = wanted;
    this.#candidates = router.attempts(route, wanted);
  }

  /** One that was not tried yet. Throws `NoEndpointAvailable` when all of them went out. */
  untried(): RouteCandidate | null {
    return this.#candidates.next().value ?? null;
  }

  next(): RouteCandidate | null {
    return this.untried() ?? this.#again();
  }

  /** Nobody's turn comes any more. */
  leave(): void {
    this.#candidates.return();
  }

  /** The parameters of the request that it refused, by their names. */
  learn(candidate: RouteCandidate, fault: UpstreamFault): readonly string[] {
    const parameters = this.#router.learn(this.#route, candidate, fault);
    if (parameters.length > 0) this.#refused.push({ candidate, parameters });
    return parameters.map(({ parameter }) => parameter);
  }

  #again(): RouteCandidate | null {
    for (;;) {
      const one = this.#refused[this.#askedAgain];
      if (!one) return null;
      this.#askedAgain++;
      if (!this.#wanted(one.candidate)) continue;
      const candidate = this.#router.again(this.#route, one, this.#refused);
      if (candidate) return candidate;
    }
  }
}
