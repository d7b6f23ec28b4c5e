import { ChangePriceRequest, ChangePriceResponse } from '@meridian/contracts';
import { changePrice } from '@meridian/domain-catalog';
import { decideAggregate } from '../../decide-aggregate.ts';
import { given, type UseCase } from '../../use-case.ts';

/** Sets a product's price. */
export const changePriceUseCase: UseCase<ChangePriceRequest, ChangePriceResponse> = {
  name: 'ChangePrice',
  request: ChangePriceRequest,
  answer: ChangePriceResponse,
  prepare({ productId, price, expectedVersion }) {
    const product = { type: 'product', id: productId } as const;
    return {
      locks: [product],
      decide: (copy) =>
        decideAggregate(copy, product, expectedVersion, (state) =>
          changePrice(state, { productId, price: given(price) }),
        ),
    };
  },
};
